#include "common/observe/metrics.h"

#include <limits>
#include <mutex>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

namespace meridian {
namespace {

struct Source {
  std::string name;
  std::string help;
  prometheus::MetricType type;
  MetricsServer::Read read;
  MetricsServer::ReadHistograms read_histograms{};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

prometheus::ClientMetric labelled(const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

prometheus::ClientMetric to_metric(const HistogramSample& sample) {
  auto metric = labelled(sample.labels);
  auto& histogram = metric.histogram;
  for (std::size_t i = 0; i < sample.counts.size(); ++i) {
    histogram.sample_count += sample.counts[i];
    const double bound =
        i < sample.bounds.size() ? sample.bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = sample.sum;
  return metric;
}

prometheus::ClientMetric to_metric(const MetricSample& sample, prometheus::MetricType type) {
  auto metric = labelled(sample.labels);
  if (type == prometheus::MetricType::Counter)
    metric.counter.value = sample.value;
  else
    metric.gauge.value = sample.value;
  return metric;
}

class Sources : public prometheus::Collectable {
 public:
  void add(Source source) {
    const std::lock_guard lock(mutex_);
    sources_.push_back(std::move(source));
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard lock(mutex_);
    std::vector<prometheus::MetricFamily> families;
    for (const auto& source : sources_) {
      auto& family = families.emplace_back();
      family.name = source.name;
      family.help = source.help;
      family.type = source.type;
      if (source.read_histograms)
        for (const auto& sample : source.read_histograms())
          family.metric.push_back(to_metric(sample));
      else
        for (const auto& sample : source.read())
          family.metric.push_back(to_metric(sample, source.type));
    }
    return families;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Source> sources_;
};

}  // namespace

struct MetricsServer::State {
  std::shared_ptr<Sources> sources = std::make_shared<Sources>();
  std::unique_ptr<prometheus::Exposer> exposer;
};

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const Endpoint& endpoint) {
  auto state = std::make_unique<State>();
  try {
    state->exposer = std::make_unique<prometheus::Exposer>(endpoint.text(), 1);
  } catch (const std::exception&) {
    return Error("metrics", "cannot listen on " + endpoint.text() +
                                ": is the address of this machine and the port free?");
  }
  state->exposer->RegisterCollectable(state->sources);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

void MetricsServer::add_counter(std::string name, std::string help, Read read) {
  state_->sources->add(
      {std::move(name), std::move(help), prometheus::MetricType::Counter, std::move(read)});
}

void MetricsServer::add_gauge(std::string name, std::string help, Read read) {
  state_->sources->add(
      {std::move(name), std::move(help), prometheus::MetricType::Gauge, std::move(read)});
}

void MetricsServer::add_histogram(std::string name, std::string help, ReadHistograms read) {
  state_->sources->add({std::move(name), std::move(help), prometheus::MetricType::Histogram,
                        /*read=*/{}, std::move(read)});
}

std::uint16_t MetricsServer::port() const {
  return static_cast<std::uint16_t>(state_->exposer->GetListeningPorts().at(0));
}

MetricsServer::Read read_value(std::function<double()> value) {
  return [value = std::move(value)] {
    std::vector<MetricSample> samples(1);
    samples[0].value = value();
    return samples;
  };
}

}  // namespace meridian
