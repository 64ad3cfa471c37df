// Runs a fuzz target without libFuzzer: each file given holds seeds as lines of hexadecimal (`#`
// begins a comment), which are run as they are and then in damaged forms, the same in every run.
//
//   NAME_fuzz [--damaged COUNT] FILE.hex...
#include <cctype>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Where a sanitizer is linked in: it ends the program without a signal.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kMostOctets = 4096;
constexpr std::uint64_t kSeed = 20260101;

Octets running;

/// What killed the target, as a line for its corpus.
void show_input() {
  std::fputs("killed by this input: ", stderr);
  for (const auto octet : running) std::fprintf(stderr, "%02x", octet);
  std::fputs("\n", stderr);
}

void show_and_die(int signal) {
  show_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(Octets input) {
  running = std::move(input);
  // A copy of exactly this size, so that a sanitizer sees a read past its end.
  const Octets exact(running.begin(), running.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

bool parse_hex(const std::string& line, Octets& octets) {
  std::string digits;
  for (const char c : line.substr(0, line.find('#'))) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return false;
    digits += c;
  }
  if (digits.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    octets.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return true;
}

bool read_seeds(const char* path, std::vector<Octets>& seeds) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    Octets octets;
    if (!parse_hex(line, octets)) {
      std::fprintf(stderr, "%s: '%s' is not hexadecimal\n", path, line.c_str());
      return false;
    }
    if (!octets.empty()) seeds.push_back(std::move(octets));
  }
  return true;
}

/// Damages seeds as libFuzzer does, but blindly.
class Damage {
 public:
  explicit Damage(const std::vector<Octets>& seeds) : seeds_(seeds) {}

  Octets next() {
    auto octets = any_seed();
    for (auto n = below(4) + 1; n > 0; --n) once(octets);
    if (octets.size() > kMostOctets) octets.resize(kMostOctets);
    return octets;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const Octets& any_seed() { return seeds_[below(seeds_.size())]; }
  static auto at(Octets& octets, std::size_t place) {
    return octets.begin() + static_cast<std::ptrdiff_t>(place);
  }

  void once(Octets& octets) {
    const auto place = below(octets.size());
    const auto kind = octets.empty() ? 7 : below(8);
    switch (kind) {
      case 0:
        octets[place] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        octets[place] = static_cast<std::uint8_t>(random_());
        break;
      case 2: {
        static constexpr std::uint8_t kTelling[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff};
        octets[place] = kTelling[below(std::size(kTelling))];
        break;
      }
      case 3:
        octets.resize(place);
        break;
      case 4:
        octets.erase(at(octets, place), at(octets, place + below(octets.size() - place) % 8));
        break;
      case 5:  // a part of it once more, elsewhere
      case 6: {
        const Octets part(at(octets, place), at(octets, place + below(octets.size() - place) % 32));
        octets.insert(at(octets, below(octets.size())), part.begin(), part.end());
        break;
      }
      default: {  // goes on like another seed
        const auto& other = any_seed();
        octets.insert(octets.end(),
                      other.begin() + static_cast<std::ptrdiff_t>(below(other.size())),
                      other.end());
      }
    }
  }

  const std::vector<Octets>& seeds_;
  std::mt19937_64 random_{kSeed};
};

void catch_death() {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(show_input);
  std::signal(SIGABRT, show_and_die);
  if (__sanitizer_set_death_callback != nullptr) return;  // it reports the others itself
  for (const auto signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, show_and_die);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Octets> seeds;
  long damaged = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--damaged" && i + 1 < argc)
      damaged = std::atol(argv[++i]);
    else if (!read_seeds(argv[i], seeds))
      return 1;
  }
  if (seeds.empty()) {
    std::fputs("no seeds\n", stderr);
    return 1;
  }
  catch_death();
  for (const auto& seed : seeds) run(seed);
  Damage damage(seeds);
  for (long i = 0; i < damaged; ++i) run(damage.next());
  std::printf("%zu seeds, %ld damaged\n", seeds.size(), damaged);
  return 0;
}
