// Streams: their locks, and what they do on pipes, sockets and standard input.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;
using conformance::Printable;

namespace {

struct Pipe {
  int ends[2];
  Pipe() {
    if (pipe(ends) != 0) std::abort();
  }
};

std::mutex mutex;

ssize_t CookieWrite(void* cookie, const char* bytes, size_t size) {
  const std::lock_guard<std::mutex> lock(mutex);
  static_cast<std::string*>(cookie)->append(bytes, size);
  return static_cast<ssize_t>(size);
}

}  // namespace

SECTION(stdio, lines_of_a_pipe) {
  const Pipe pipe;
  FILE* in = fdopen(pipe.ends[0], "r");
  std::thread writer([&] {
    for (const char* part : {"fir", "st\nsec", "ond\nthird 12 0x1f\n", "last"}) {
      if (write(pipe.ends[1], part, std::strlen(part)) < 0) std::abort();
    }
    close(pipe.ends[1]);
  });
  char line[64];
  SHOW_IF(std::fgets(line, sizeof line, in) == line);
  Print("%s", Printable(line, std::strlen(line)).c_str());
  char* text = nullptr;
  size_t size = 0;
  SHOW(getline(&text, &size, in));
  Print("%s", Printable(text, std::strlen(text)).c_str());
  char word[16];
  int number = 0;
  unsigned hex = 0;
  SHOW(std::fscanf(in, "%15s %d %x", word, &number, &hex));
  Print("%s %d %u", word, number, hex);
  SHOW(std::fgetc(in));
  SHOW(std::ungetc('L', in));
  SHOW(static_cast<long>(std::fread(line, 1, sizeof line, in)));
  Print("%s", Printable(line, 5).c_str());
  SHOW(std::fgetc(in));
  SHOW_IF(std::feof(in) != 0);
  SHOW_IF(std::ferror(in) != 0);
  writer.join();
  free(text);
  SHOW(std::fclose(in));
}

SECTION(stdio, a_full_socket) {
  int ends[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  constexpr size_t kSize = 1 << 20;
  size_t got = 0;
  std::thread reader([&] {
    std::vector<char> data(65536);
    for (ssize_t more; (more = read(ends[1], data.data(), data.size())) > 0;) {
      got += static_cast<size_t>(more);
    }
  });
  FILE* out = fdopen(ends[0], "w");
  const std::vector<char> data(kSize, 'x');
  SHOW(static_cast<long>(std::fwrite(data.data(), 1, data.size(), out)));
  SHOW(std::fprintf(out, "%s %d\n", "end", 7));
  SHOW(std::fflush(out));
  SHOW(std::fclose(out));
  reader.join();
  Print("got %zu", got);
  close(ends[1]);
}

SECTION(stdio, standard_input) {
  const Pipe pipe;
  const int saved = dup(0);
  SHOW(dup2(pipe.ends[0], 0));
  std::thread writer([&] {
    if (write(pipe.ends[1], "word 5\nrest", 11) != 11) std::abort();
    close(pipe.ends[1]);
  });
  char word[16];
  int number = 0;
  SHOW(std::scanf("%15s %d", word, &number));
  Print("%s %d", word, number);
  SHOW(std::getchar());
  SHOW(std::getchar());
  writer.join();
  char byte;
  while (std::fgetc(stdin) != EOF) {
  }
  SHOW(read(0, &byte, 1));
  std::clearerr(stdin);
  dup2(saved, 0);
  close(saved), close(pipe.ends[0]);
}

SECTION(stdio, locks) {
  flockfile(stderr);
  flockfile(stderr);
  SHOW(ftrylockfile(stderr));
  int tried = 0, then = -1;
  std::thread other([&] { tried = ftrylockfile(stderr); });
  other.join();
  SHOW_IF(tried != 0);
  for (int i = 0; i < 3; ++i) funlockfile(stderr);
  std::thread another([&] {
    then = ftrylockfile(stderr);
    if (then == 0) funlockfile(stderr);
  });
  another.join();
  SHOW_IF(then == 0);
}

SECTION(stdio, lock_across_a_mutex) {
  int count = 0;
  FILE* null = std::fopen("/dev/null", "w");
  const auto log = [&] {
    for (int i = 0; i < 3; ++i) {
      flockfile(null);
      {
        const std::lock_guard<std::mutex> lock(mutex);
        ++count;
      }
      std::fputs("line", null);
      std::fprintf(null, " %d\n", i);
      funlockfile(null);
      std::fputc('x', null);
    }
  };
  std::thread other(log);
  log();
  other.join();
  Print("count %d", count);
  SHOW(std::fclose(null));
}

SECTION(stdio, cookie) {
  std::string text;
  cookie_io_functions_t functions = {};
  functions.write = CookieWrite;
  FILE* stream = fopencookie(&text, "w", functions);
  std::setvbuf(stream, nullptr, _IONBF, 0);
  const auto log = [&] {
    for (int i = 0; i < 3; ++i) std::fputs("abc", stream);
  };
  std::thread other(log);
  log();
  other.join();
  SHOW(std::fclose(stream));
  Print("%s", text.c_str());
}

SECTION(stdio, errors) {
  const Pipe pipe;
  FILE* out = fdopen(pipe.ends[1], "w");
  SHOW(std::fgetc(out));
  SHOW_IF(std::ferror(out) != 0);
  std::clearerr(out);
  SHOW(std::fseek(out, 0, SEEK_SET));
  SHOW(std::fputs("x", out) >= 0 ? 0 : -1);
  SHOW(std::fclose(out));
  SHOW_IF(fcntl(pipe.ends[1], F_GETFD) == -1);
  close(pipe.ends[0]);
}
