// Runs seeds through a fuzz target without libFuzzer: each file given holds inputs as lines of
// hexadecimal, `#` begins a comment.
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool parse_hex(const std::string& line, std::vector<std::uint8_t>& bytes) {
  std::string digits;
  for (const char c : line.substr(0, line.find('#'))) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return false;
    digits += c;
  }
  if (digits.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  int inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    for (std::string line; std::getline(file, line);) {
      std::vector<std::uint8_t> bytes;
      if (!parse_hex(line, bytes)) {
        std::fprintf(stderr, "%s: '%s' is not hexadecimal\n", argv[i], line.c_str());
        return 1;
      }
      if (bytes.empty()) continue;
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++inputs;
    }
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
