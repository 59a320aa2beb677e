// heddle-cc and heddle-c++: a compiler for build systems, which instruments what it compiles and
// links Heddle's runtime into executables. All arguments but --heddle-flavour are clang's.
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/wrapper/rewrite.h"

namespace {

constexpr int kCannotRun = 3;

std::string OwnFolder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  const std::string own = size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
  return own.substr(0, own.rfind('/'));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 0 ? argv[0] : "heddle-cc";
  const bool cxx = name.ends_with("++");
  heddle::wrapper::Wrapper wrapper;
  wrapper.compiler = heddle::wrapper::FindCompiler(cxx);
  wrapper.folder = heddle::wrapper::RuntimeFolder(OwnFolder());
  const char* flavour = std::getenv("HEDDLE_FLAVOUR");
  if (flavour != nullptr && flavour[0] != 0) wrapper.flavour = flavour;
  const heddle::wrapper::Rewritten rewritten =
      heddle::wrapper::Rewrite(wrapper, {argv + (argc > 0 ? 1 : 0), argv + argc});
  const char* const own = cxx ? "heddle-c++" : "heddle-cc";
  if (!rewritten.error.empty()) {
    std::fprintf(stderr, "%s: %s\n", own, rewritten.error.c_str());
    return kCannotRun;
  }
  std::vector<char*> words;
  for (const std::string& word : rewritten.command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  std::fprintf(stderr, "%s: %s: %s; HEDDLE_CC and HEDDLE_CXX name the compiler\n", own, words[0],
               std::strerror(errno));
  return kCannotRun;
}
