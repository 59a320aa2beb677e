// What poll, epoll and select say of a TCP socket in each of its states.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <csignal>
#include <thread>

#include "sim/runtime/testing/conformance/network.h"

using namespace conformance;  // NOLINT: short programs

namespace {

const Address nobody = Ipv4("127.0.0.1", 1);

int Tcp(int flags = 0) { return socket(AF_INET, SOCK_STREAM | flags, 0); }

// A socket with an epoll that watches it since it was made: how the state came to be matters there.
struct Watched {
  int socket;
  int level = epoll_create1(0), edge = epoll_create1(0);

  explicit Watched(int watched) : socket(watched) {
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
    epoll_ctl(level, EPOLL_CTL_ADD, socket, &event);
    event.events |= EPOLLET;
    epoll_ctl(edge, EPOLL_CTL_ADD, socket, &event);
  }
  ~Watched() { close(level), close(edge), close(socket); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
};

unsigned EventsOf(int epoll) {
  epoll_event event = {};
  return epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0;
}

void PrintEpoll(const char* name, unsigned events) {
  Print("  %s:%s%s%s%s%s", name, (events & EPOLLIN) != 0 ? " in" : "",
        (events & EPOLLOUT) != 0 ? " out" : "", (events & EPOLLRDHUP) != 0 ? " rdhup" : "",
        (events & EPOLLHUP) != 0 ? " hup" : "", (events & EPOLLERR) != 0 ? " err" : "");
}

// Of a state that has settled.
void PrintState(const char* state, const Watched& watched) {
  const int socket = watched.socket;
  Print("%s", state);
  fd_set sets[3];
  for (fd_set& set : sets) {
    FD_ZERO(&set);
    FD_SET(socket, &set);
  }
  timeval zero = {};
  const int count = select(socket + 1, &sets[0], &sets[1], &sets[2], &zero);
  Print("  select %d: %d %d %d", count, FD_ISSET(socket, &sets[0]), FD_ISSET(socket, &sets[1]),
        FD_ISSET(socket, &sets[2]));
  pollfd entry = {socket, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
  poll(&entry, 1, 0);
  PrintEpoll("poll", static_cast<unsigned>(entry.revents));
  entry = {socket, 0, 0};
  poll(&entry, 1, 0);
  PrintEpoll("poll of nothing", static_cast<unsigned>(entry.revents));
  PrintEpoll("epoll", EventsOf(watched.level));
  PrintEpoll("edge", EventsOf(watched.edge));
  PrintEpoll("edge again", EventsOf(watched.edge));
}

// Waits for what is under way on a real machine.
void Await(int socket, short events) {
  pollfd entry = {socket, events, 0};
  poll(&entry, 1, 5000);
}

}  // namespace

SECTION(readiness, fresh) {
  const Watched fresh(Tcp());
  PrintState("fresh", fresh);
  const Address any = Ipv4("127.0.0.1", 0);
  SHOW(bind(fresh.socket, &any.any, SizeOf(any)));
  PrintState("bound", fresh);
  SHOW(listen(fresh.socket, 2));
  PrintState("listening", fresh);
  const Address to = NameOf(fresh.socket);
  const Watched client(Tcp());
  SHOW(connect(client.socket, &to.any, SizeOf(to)));
  Await(fresh.socket, POLLIN);
  PrintState("connected", client);
  PrintState("with a connection", fresh);
  const Watched server(accept(fresh.socket, nullptr, nullptr));
  PrintState("accepted", fresh);
  PrintState("server", server);
  SHOW(shutdown(fresh.socket, SHUT_RD));
  pollfd entry = {fresh.socket, POLLIN, 0};
  poll(&entry, 1, 5000);
  SHOW_IF((entry.revents & POLLHUP) != 0);
  SHOW(accept(fresh.socket, nullptr, nullptr));
  SHOW(listen(fresh.socket, 2));
}

SECTION(readiness, refused) {
  const Watched blocking(Tcp());
  SHOW(connect(blocking.socket, &nobody.any, SizeOf(nobody)));
  PrintState("refused", blocking);
  SHOW(connect(blocking.socket, &nobody.any, SizeOf(nobody)));
  PrintState("refused again", blocking);
  const Watched later(Tcp(SOCK_NONBLOCK));
  SHOW(connect(later.socket, &nobody.any, SizeOf(nobody)));
  Await(later.socket, POLLIN);
  PrintState("refused", later);
  Print("error %d", ErrorOf(later.socket));
  PrintState("asked", later);
  char byte = 0;
  SHOW(recv(later.socket, &byte, 1, 0));
  SHOW(send(later.socket, &byte, 1, MSG_NOSIGNAL));
  SHOW(shutdown(later.socket, SHUT_RDWR));
}

SECTION(readiness, connected_later) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 2);
  const Address to = NameOf(listener);
  const Watched client(Tcp(SOCK_NONBLOCK));
  PrintState("fresh", client);
  SHOW(connect(client.socket, &to.any, SizeOf(to)));
  Await(client.socket, POLLOUT);
  PrintState("connected", client);
  const Watched server(accept(listener, nullptr, nullptr));
  SHOW(send(server.socket, "x", 1, 0));
  Await(client.socket, POLLIN);
  PrintState("data", client);
  close(listener);
}

SECTION(readiness, shut) {
  std::signal(SIGPIPE, SIG_IGN);
  const Connection pair;
  const Watched client(pair.client), server(pair.server);
  SHOW(shutdown(client.socket, SHUT_WR));
  Await(server.socket, POLLIN);
  PrintState("client, no more writes", client);
  PrintState("server, told", server);
  SHOW(shutdown(client.socket, SHUT_RD));
  PrintState("client, shut both ways", client);
  PrintState("server", server);
  SHOW(shutdown(server.socket, SHUT_RDWR));
  PrintState("both ends shut", server);
  PrintState("both ends shut", client);
}

SECTION(readiness, shut_at_once) {
  const Connection pair;
  const Watched client(pair.client), server(pair.server);
  SHOW(shutdown(client.socket, SHUT_RDWR));
  Await(server.socket, POLLIN);
  PrintState("client", client);
  PrintState("server", server);
  char byte = 0;
  SHOW(recv(client.socket, &byte, 1, 0));
  SHOW(send(client.socket, &byte, 1, MSG_NOSIGNAL));
  SHOW(recv(server.socket, &byte, 1, 0));
  SHOW(shutdown(client.socket, SHUT_RDWR));
}

SECTION(readiness, deaf) {
  const Connection pair;
  const Watched client(pair.client), server(pair.server);
  SHOW(shutdown(client.socket, SHUT_RD));
  PrintState("client", client);
  PrintState("server", server);
}

SECTION(readiness, closed) {
  for (const bool unread : {false, true}) {
    const Connection pair;
    const Watched client(pair.client);
    SHOW(send(client.socket, "x", unread ? 1 : 0, 0));
    if (unread) Await(pair.server, POLLIN);
    SHOW(close(pair.server));
    Await(client.socket, POLLIN);
    PrintState(unread ? "reset" : "closed", client);
    char byte = 0;
    SHOW(recv(client.socket, &byte, 1, 0));
    PrintState("read", client);
  }
}
