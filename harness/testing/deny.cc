// heddle-deny CALL COMMAND...: runs the command on a machine that refuses a system call, as
// container runtimes do. personality is refused only to those who want to change it.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace {

struct Call {
  const char* name;
  unsigned number;
  unsigned allowed_argument;  // of this first argument it is not refused
};

constexpr unsigned kNone = 0xFFFFFFFE;
constexpr Call kCalls[] = {
    {"ptrace", SYS_ptrace, kNone},
    {"personality", SYS_personality, 0xFFFFFFFF},
    {"memfd_create", SYS_memfd_create, kNone},
    {"pidfd_open", SYS_pidfd_open, kNone},
    {"unshare", SYS_unshare, kNone},
    {"mount", SYS_mount, kNone},
};

bool Refuse(const Call& call) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.allowed_argument, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  for (const Call& call : kCalls) {
    if (strcmp(call.name, argv[1]) != 0) continue;
    if (!Refuse(call)) {
      perror("heddle-deny");
      return 125;
    }
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
  }
  fprintf(stderr, "heddle-deny: unknown call %s\n", argv[1]);
  return 2;
}
