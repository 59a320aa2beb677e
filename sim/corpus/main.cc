// heddle-corpus NAME broken|right: runs one program of the corpus once. Exit 0 when it ran through.
// heddle-corpus --list: the names, one a line.
#include <cstdio>
#include <cstring>

#include "sim/corpus/program.h"

namespace {

using heddle::corpus::Program;
using heddle::corpus::Programs;

const Program* Find(const char* name) {
  for (const Program* program : Programs()) {
    if (std::strcmp(program->name, name) == 0) return program;
  }
  return nullptr;
}

int Usage() {
  std::fprintf(stderr, "usage: heddle-corpus NAME broken|right\n       heddle-corpus --list\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const Program* program : Programs()) std::puts(program->name);
    return 0;
  }
  if (argc != 3) return Usage();
  const Program* program = Find(argv[1]);
  if (program == nullptr) {
    std::fprintf(stderr, "heddle-corpus: no program '%s'; --list names them\n", argv[1]);
    return 2;
  }
  if (std::strcmp(argv[2], "broken") == 0) {
    program->broken();
  } else if (std::strcmp(argv[2], "right") == 0) {
    program->right();
  } else {
    return Usage();
  }
  return 0;
}
