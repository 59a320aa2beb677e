#include "sim/runtime/testing/conformance/conformance.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <vector>

namespace conformance {
namespace {

Section* all = nullptr;  // filled before main()
const Section* running = nullptr;

}  // namespace

Section::Section(const char* group, const char* name, void (*run)())
    : group(group), name(name), run(run), next(all) {
  all = this;
}

void Print(const char* format, ...) {
  char text[1024];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  std::printf("%s: %s\n", running->name, text);
}

void PrintResult(const char* text, long result, int error) {
  if (result != -1) {
    Print("%s = %ld", text, result);
  } else {
    const char* name = strerrorname_np(error);
    Print("%s = -1 %s", text, name != nullptr ? name : "?");
  }
}

std::string Printable(const void* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    const unsigned char byte = static_cast<const unsigned char*>(bytes)[i];
    char number[8];
    std::snprintf(number, sizeof number, "\\x%02x", byte);
    text += byte >= 0x20 && byte < 0x7F ? std::string(1, static_cast<char>(byte)) : number;
  }
  return text;
}

}  // namespace conformance

// Arguments: groups, or sections as "group.section"; none: all. "--list" prints the groups.
int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what came before a failure is seen
  std::vector<const conformance::Section*> sections;
  for (const auto* section = conformance::all; section != nullptr; section = section->next) {
    sections.push_back(section);
  }
  std::sort(sections.begin(), sections.end(), [](const auto* a, const auto* b) {
    const int order = std::strcmp(a->group, b->group);
    return order != 0 ? order < 0 : std::strcmp(a->name, b->name) < 0;
  });
  if (argc > 1 && std::strcmp(argv[1], "--list") == 0) {
    const char* last = "";
    for (const auto* section : sections) {
      if (std::strcmp(last, section->group) != 0) std::printf("%s\n", section->group);
      last = section->group;
    }
    return 0;
  }
  for (const auto* section : sections) {
    const bool wanted =
        argc == 1 || std::any_of(argv + 1, argv + argc, [&](const std::string& group) {
          return group == std::string(section->group) ||
                 group == std::string(section->group) + "." + section->name;
        });
    if (!wanted) continue;
    conformance::running = section;
    section->run();
  }
  return std::fflush(stdout);
}
