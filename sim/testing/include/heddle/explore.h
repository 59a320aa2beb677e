// Explore(): a test explores its own program. For GoogleTest there is heddle/gtest.h; with any
// other framework, or in a plain function, a test is
//
//   void KeepsOrder() {
//     if (heddle::Controlled()) return Body();  // one execution
//     heddle::ExploreOptions options;
//     options.schedules = 2000;
//     // What this program must be called with to run this test, and no other.
//     const heddle::ExploreResult result = heddle::Explore(options, {"KeepsOrder"});
//     if (!result.clean) Fail(result.report);
//   }
//
// Catch2: Explore(options, {"the test's name"}), INFO(result.report), CHECK(result.clean).
//
// One call of main() with these arguments is one execution. The program must be an instrumented
// build (queue_test-det); in another one, Explore() runs nothing and says so.
//
// Who explores: the program forks, starts itself again and loads libheddle-explore.so there, before
// its own initialisers run. Under control it does not have the library, nor does a test that runs
// free. The library is where this header was installed (../../lib/heddle/modules), or where the
// macro HEDDLE_LIBRARY says. When $HEDDLE or the macro HEDDLE_COMMAND names the command `heddle`,
// that runs instead, and where there is no library, the one on the PATH.
//
// With HEDDLE_REPLAY=FILE in the environment, Explore() replays this schedule file instead.
// HEDDLE_OUT names the folder for schedule files (heddle-findings).
//
// Header only, C++17. Thread-safe, but for the working folder and the environment, which it reads.
#ifndef HEDDLE_EXPLORE_H_
#define HEDDLE_EXPLORE_H_

#include <dlfcn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "heddle/runtime.h"

namespace heddle {

struct ExploreOptions {
  std::uint64_t schedules = 1000;
  std::string strategy = "random";  // as of heddle explore --strategy
  std::uint64_t seed = 1;
  // Other options of heddle explore: {"--preempt", "memory"}.
  std::vector<std::string> more = {};
};

struct ExploreResult {
  bool ran = false;  // false: not an instrumented build, or nothing that explores: see the report
  bool clean = false;
  // What exploring printed: the finding, its schedule file; then the command that replays it here.
  std::string report;
};

namespace internal {

inline std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

inline std::string OwnPath() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : "";
}

// For a shell.
inline std::string Quoted(const std::string& text) {
  constexpr char kPlain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Names the library for a process that is to become the command.
constexpr char kLibraryVariable[] = "HEDDLE_BECOMES_COMMAND";

// In a process that RunCommand() started to explore: does so, and ends.
__attribute__((constructor(101), unused)) static void BecomeCommand(int argc, char** argv) {
  const char* library = getenv(kLibraryVariable);
  if (library == nullptr) return;
  int status = 126;  // as a shell's for what cannot be executed
  if (void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL)) {
    if (void* function = dlsym(handle, "heddle_command")) {
      unsetenv(kLibraryVariable);
      status = reinterpret_cast<int (*)(int, char**)>(function)(argc, argv);
    }
  } else {
    std::fprintf(stderr, "%s\n", dlerror());
  }
  std::fflush(nullptr);
  _exit(status);
}

// What explores.
struct Explorer {
  std::string program;  // that is started
  std::string library;  // that it loads to become the command; "": it is the command
};

inline Explorer FindExplorer() {
  const std::string named = Environment("HEDDLE");
  if (!named.empty()) return {named, ""};
#ifdef HEDDLE_COMMAND
  return {HEDDLE_COMMAND, ""};
#else
#ifdef HEDDLE_LIBRARY
  const std::string library = HEDDLE_LIBRARY;
#else
  std::string library = __FILE__;
  const std::size_t end = library.rfind("include/heddle/explore.h");
  library.replace(end == std::string::npos ? 0 : end, std::string::npos,
                  "lib/heddle/modules/libheddle-explore.so");
#endif
  if (access(library.c_str(), R_OK) == 0) return {OwnPath(), library};
  return {"heddle", ""};
#endif
}

// Runs a command, with its output and errors in `output`; its exit status, or -1.
inline int RunCommand(const Explorer& explorer, const std::vector<std::string>& words,
                      std::string* output) {
  std::vector<char*> arguments = {const_cast<char*>(explorer.program.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    if (!explorer.library.empty()) {
      setenv(kLibraryVariable, explorer.library.c_str(), 1);
      // The library is not instrumented: a sanitizer in this process would see half of it.
      setenv("TSAN_OPTIONS", "report_bugs=0", 1);
      setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    }
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  char buffer[4096];
  for (ssize_t size; child > 0 && (size = read(ends[0], buffer, sizeof buffer)) != 0;) {
    if (size > 0) {
      output->append(buffer, static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      break;
    }
  }
  close(ends[0]);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace internal

// Explores this program, called with `arguments`. `again` is the command that runs this test alone,
// for the report; empty: the program with `arguments`. Not to be called under control.
inline ExploreResult Explore(const ExploreOptions& options,
                             const std::vector<std::string>& arguments,
                             const std::string& again = "") {
  ExploreResult result;
  const std::string own = internal::OwnPath();
  if (std::strcmp(Flavour(), "native") == 0) {
    result.report =
        own + ": is not an instrumented build; explore its -det, -tsan or -asan build\n";
    return result;
  }
  std::string folder = internal::Environment("HEDDLE_OUT");
  if (folder.empty()) folder = "heddle-findings";
  const std::string replay = internal::Environment("HEDDLE_REPLAY");
  const internal::Explorer explorer = internal::FindExplorer();
  std::vector<std::string> command;
  if (replay.empty()) {
    command.insert(
        command.end(),
        {"explore", "--quiet", "--program", own, "--schedules", std::to_string(options.schedules),
         "--strategy", options.strategy, "--seed", std::to_string(options.seed), "--out", folder});
    command.insert(command.end(), options.more.begin(), options.more.end());
    command.push_back("--");
    command.insert(command.end(), arguments.begin(), arguments.end());
  } else {
    command.insert(command.end(), {"replay", replay, "--program", own});
  }
  const int status = internal::RunCommand(explorer, command, &result.report);
  constexpr int kNotExecuted = 126;
  constexpr int kNotFound = 127;
  constexpr int kFound = 1;
  if (status == kNotFound || status == kNotExecuted || status < 0) {
    result.report += explorer.program +
                     ": cannot be run; install Heddle, or name the command heddle in $HEDDLE\n";
    return result;
  }
  result.ran = status == 0 || status == kFound;
  if (!replay.empty()) {
    // A replay that does what was recorded shows the finding again.
    result.report = "replayed " + replay + ":\n" + result.report;
    return result;
  }
  result.clean = status == 0;
  if (status == kFound) {
    std::string alone = again;
    if (alone.empty()) {
      alone = internal::Quoted(own);
      for (const std::string& argument : arguments) alone += " " + internal::Quoted(argument);
    }
    constexpr char kReplay[] = "replay: heddle replay ";
    std::string schedule = "SCHEDULE_FILE";
    if (const std::size_t at = result.report.find(kReplay); at != std::string::npos) {
      const std::size_t begin = at + sizeof kReplay - 1;
      schedule = result.report.substr(begin, result.report.find('\n', begin) - begin);
    }
    result.report += "replay in this test: HEDDLE_REPLAY=" + schedule + " " + alone + "\n";
  } else if (status != 0) {
    std::string line = " heddle";
    for (const std::string& word : command) line += " " + internal::Quoted(word);
    result.report += "exit status " + std::to_string(status) + " of" + line + "\n";
  }
  return result;
}

}  // namespace heddle

#endif  // HEDDLE_EXPLORE_H_
