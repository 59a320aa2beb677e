// The conformance test of the operating-system model: what calls return, free and under control.
//
// A group is a file of this folder, a section is one call (or what belongs to it):
//
//   SECTION(sockets, listen) {
//     const int server = socket(AF_INET, SOCK_STREAM, 0);
//     SHOW(listen(server, 1));               // prints "listen(server, 1) = 0"
//     SHOW(listen(-1, 1));                   // prints "listen(-1, 1) = -1 EBADF"
//     SHOW_IF(port != 0);                    // prints "port != 0: yes"
//   }
//
// What a section prints must be the same in every free run: no port, address, number of a process
// or a descriptor, and nothing that depends on which of two threads comes first. The test
// (sim/supervisor/conformance_test.cc) runs each group free, and under `fifo` in each flavour, and
// compares line by line; then it runs `random` and `pos` and replays what they did in each flavour.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_CONFORMANCE_H_
#define HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_CONFORMANCE_H_

#include <cerrno>
#include <cstdio>
#include <string>

namespace conformance {

struct Section {
  Section(const char* group, const char* name, void (*run)());

  const char* group;
  const char* name;
  void (*run)();
  Section* next;
};

// One line of the running section's.
__attribute__((format(printf, 1, 2))) void Print(const char* format, ...);
// "text = result", and the name of `error` (an errno value) when the call failed.
void PrintResult(const char* text, long result, int error);
// Up to `size` bytes as text: what is not printable as \xNN.
std::string Printable(const void* bytes, size_t size);

}  // namespace conformance

#define SECTION(group, name)                                                                 \
  static void Run_##group##_##name();                                                        \
  static conformance::Section section_##group##_##name(#group, #name, Run_##group##_##name); \
  static void Run_##group##_##name()

// `call` returns -1 and sets errno when it fails.
#define SHOW(call)                                       \
  do {                                                   \
    errno = 0;                                           \
    const long show_result = static_cast<long>(call);    \
    conformance::PrintResult(#call, show_result, errno); \
  } while (false)
// `call` returns an errno value, or 0.
#define SHOW_ERROR(call)                                                   \
  do {                                                                     \
    const int show_error = (call);                                         \
    conformance::PrintResult(#call, show_error == 0 ? 0 : -1, show_error); \
  } while (false)
#define SHOW_IF(condition) conformance::Print("%s: %s", #condition, (condition) ? "yes" : "no")

#endif  // HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_CONFORMANCE_H_
