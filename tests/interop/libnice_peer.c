/*
 * A device nobody here wrote: libnice's PseudoTcpSocket over one UDP socket on loopback, with just
 * enough of the channel layer on its byte stream to be bound to and to source or sink bytes.
 *
 *   libnice_peer [--mss N] [--rcvbuf N] [--seed N] --source BYTES | --sink BYTES
 *
 * stdout: "PORT n" once bound, "SHA256 hex" once all bytes were handed to libnice or received.
 * Ends, with 0, when stdin ends; with 1 on anything a device would not expect from a client.
 *
 * Build: cc -O2 libnice_peer.c -o libnice_peer $(pkg-config --cflags --libs nice)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <nice/pseudotcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONVERSATION = 0x50544350 }; /* "PTCP" */
enum { HEADER = 12, MAX_DATA = 1280, HEARTBEAT_MS = 5000 };
enum { DATA = 0x10, BIND = 0x11, STATUS = 0x12, HEARTBEAT = 0x13 };
enum { REQUEST_SIGN = 0x17, SIGN = 0x18, AUTHENTICATE = 0x19, ACCEPTED = 0x1a, CONFIRM = 0x1b };

/* Header, seq .. tsecr: what libnice takes off the MTU besides room for IP, UDP and a relay. */
enum { MTU_OVERHEAD = 116 };

static PseudoTcpSocket *tcp;
static int udp;
static struct sockaddr_in remote;
static bool have_remote;

static bool is_source;
static uint64_t bytes_left;
static uint32_t pattern;
static GChecksum *checksum;

static uint32_t realm;
static bool bound, done;

/* Whole messages that libnice has not taken yet. */
static uint8_t out[1 << 16];
static size_t out_start, out_end;

static void fail(const char *why)
{
  fprintf(stderr, "libnice_peer: %s\n", why);
  exit(1);
}

static int64_t now_ms(void)
{
  return g_get_monotonic_time() / 1000;
}

static uint32_t read_u32(const uint8_t *p)
{
  return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static void write_u32(uint8_t *p, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    p[i] = (uint8_t) (value >> (24 - 8 * i));
}

static void finish(void)
{
  printf("SHA256 %s\n", g_checksum_get_string(checksum));
  fflush(stdout);
  done = true;
}

/* ---- sending ------------------------------------------------------------------------------ */

/* `declared` is what the length field says: devices leave it 0 for some types that carry data. */
static void queue_message(int type, uint32_t id, const void *data, size_t length, size_t declared)
{
  if (out_start > 0) {
    memmove(out, out + out_start, out_end - out_start);
    out_end -= out_start;
    out_start = 0;
  }
  if (sizeof out - out_end < HEADER + length)
    fail("too much to send at once");
  uint8_t *p = out + out_end;
  write_u32(p, (uint32_t) type << 24 | (uint32_t) declared);
  write_u32(p + 4, id);
  write_u32(p + 8, 0);
  if (length > 0)
    memcpy(p + HEADER, data, length);
  out_end += HEADER + length;
}

/* Bytes of a seeded xorshift generator. */
static void queue_next_data(void)
{
  uint8_t data[MAX_DATA];
  size_t length = bytes_left < MAX_DATA ? (size_t) bytes_left : MAX_DATA;
  for (size_t i = 0; i < length; i++) {
    pattern ^= pattern << 13;
    pattern ^= pattern >> 17;
    pattern ^= pattern << 5;
    data[i] = (uint8_t) pattern;
  }
  g_checksum_update(checksum, data, (gssize) length);
  bytes_left -= length;
  queue_message(DATA, realm, data, length, length);
}

static void send_queued(void)
{
  for (;;) {
    if (out_start == out_end && is_source && bound && !done) {
      if (bytes_left > 0) {
        queue_next_data();
      } else {
        queue_message(STATUS, realm, "DISC", 4, 0);
        finish();
      }
    }
    if (out_start == out_end)
      return;
    gint sent = pseudo_tcp_socket_send(tcp, (char *) out + out_start, (guint32) (out_end - out_start));
    if (sent <= 0)
      return;
    out_start += (size_t) sent;
  }
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* Bytes that follow the header though its length field says 0. */
static size_t undeclared(int type)
{
  switch (type) {
  case BIND:
    return 8;
  case STATUS:
  case AUTHENTICATE:
    return 4;
  default:
    return 0;
  }
}

static void handle_message(const uint8_t *head)
{
  switch (head[0]) {
  case BIND:
    if (bound)
      fail("bound twice");
    bound = true;
    realm = read_u32(head + 4);
    queue_message(STATUS, realm, "CONN", 4, 0);
    return;
  case REQUEST_SIGN:
    queue_message(SIGN, 0, "\0N_\xfb", 4, 0);
    return;
  case AUTHENTICATE:
    queue_message(ACCEPTED, 0, NULL, 0, 0);
    return;
  case STATUS:
  case HEARTBEAT:
  case CONFIRM:
    return;
  default:
    fail("a message of unknown type: the stream is damaged");
  }
}

static void handle_data(const uint8_t *data, size_t length)
{
  if (is_source)
    return;
  if (length > bytes_left)
    fail("more data than expected");
  g_checksum_update(checksum, data, (gssize) length);
  bytes_left -= length;
  if (bytes_left == 0) {
    queue_message(STATUS, realm, "DISC", 4, 0);
    finish();
  }
}

/* Takes the stream apart wherever it was cut. */
static void handle_stream(const uint8_t *bytes, size_t length)
{
  static uint8_t head[HEADER + 8];
  static size_t have, data_left;

  while (length > 0) {
    if (data_left > 0) {
      size_t take = length < data_left ? length : data_left;
      handle_data(bytes, take);
      bytes += take;
      length -= take;
      data_left -= take;
      continue;
    }
    head[have++] = *bytes++;
    length--;
    if (have < HEADER || have < HEADER + undeclared(head[0]))
      continue;
    have = 0;
    if (head[0] != DATA) {
      handle_message(head);
      continue;
    }
    if (!bound || read_u32(head + 4) != realm)
      fail("data for a realm that is not bound");
    data_left = read_u32(head) & 0xffffff;
  }
}

static void read_stream(void)
{
  uint8_t bytes[8192];
  for (;;) {
    gint length = pseudo_tcp_socket_recv(tcp, (char *) bytes, sizeof bytes);
    if (length <= 0)
      return;
    handle_stream(bytes, (size_t) length);
  }
}

/* ---- libnice's callbacks ------------------------------------------------------------------ */

static PseudoTcpWriteResult write_packet(
    PseudoTcpSocket *self, const gchar *bytes, guint32 length, gpointer data)
{
  (void) self;
  (void) data;
  /* A full socket buffer is the network's business: the datagram is lost. */
  if (have_remote)
    (void) !sendto(udp, bytes, length, 0, (struct sockaddr *) &remote, sizeof remote);
  return WR_SUCCESS;
}

static void ignore(PseudoTcpSocket *self, gpointer data)
{
  (void) self;
  (void) data;
}

static void closed(PseudoTcpSocket *self, guint32 error, gpointer data)
{
  (void) self;
  (void) data;
  if (!done)
    fail(strerror((int) error));
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void receive_datagrams(void)
{
  for (;;) {
    char bytes[65536];
    struct sockaddr_in from;
    socklen_t from_length = sizeof from;
    ssize_t length = recvfrom(udp, bytes, sizeof bytes, 0, (struct sockaddr *) &from, &from_length);
    if (length < 0)
      return;
    if (!have_remote) {
      remote = from;
      have_remote = true;
    }
    if (from.sin_port == remote.sin_port)
      pseudo_tcp_socket_notify_packet(tcp, bytes, (guint32) length);
    read_stream();
    send_queued();
  }
}

static void run(void)
{
  int64_t next_heartbeat = now_ms() + HEARTBEAT_MS;
  for (;;) {
    guint64 when;
    int64_t wait = next_heartbeat - now_ms();
    if (!pseudo_tcp_socket_get_next_clock(tcp, &when))
      return;
    /* libnice's clock is the same one, cut to 32 bits. */
    int32_t clock_wait = (int32_t) ((guint32) when - (guint32) now_ms());
    if (clock_wait < wait)
      wait = clock_wait;

    struct pollfd fds[] = { { .fd = udp, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
    poll(fds, 2, wait > 0 ? (int) wait : 0);
    char byte;
    if (fds[1].revents != 0 && read(0, &byte, 1) <= 0)
      return;
    receive_datagrams();
    pseudo_tcp_socket_notify_clock(tcp);
    if (now_ms() >= next_heartbeat) {
      next_heartbeat = now_ms() + HEARTBEAT_MS;
      if (bound)
        queue_message(HEARTBEAT, 0, NULL, 0, 0);
    }
    read_stream();
    send_queued();
  }
}

static void open_udp(void)
{
  struct sockaddr_in local = { .sin_family = AF_INET };
  socklen_t length = sizeof local;
  int buffer = 4 << 20;
  udp = socket(AF_INET, SOCK_DGRAM, 0);
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fcntl(udp, F_SETFL, O_NONBLOCK);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(udp, (struct sockaddr *) &local, sizeof local) < 0)
    fail("cannot bind");
  getsockname(udp, (struct sockaddr *) &local, &length);
  printf("PORT %d\n", ntohs(local.sin_port));
  fflush(stdout);
}

int main(int argc, char **argv)
{
  guint mss = 1284, rcvbuf = 65535;
  pattern = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    uint64_t value = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--mss") == 0)
      mss = (guint) value;
    else if (strcmp(argv[i], "--rcvbuf") == 0)
      rcvbuf = (guint) value;
    else if (strcmp(argv[i], "--seed") == 0)
      pattern = (uint32_t) value * 2654435761u | 1;
    else if (strcmp(argv[i], "--source") == 0 || strcmp(argv[i], "--sink") == 0) {
      is_source = strcmp(argv[i], "--source") == 0;
      bytes_left = value;
    } else
      fail("unknown option");
  }
  if (bytes_left == 0)
    fail("--source BYTES or --sink BYTES is needed");

  checksum = g_checksum_new(G_CHECKSUM_SHA256);
  open_udp();
  PseudoTcpCallbacks callbacks = { NULL, ignore, ignore, ignore, closed, write_packet };
  /* Devices have no FIN-ACK; the property can only be set at construction. */
  tcp = g_object_new(PSEUDO_TCP_SOCKET_TYPE, "conversation", (guint) CONVERSATION,
      "callbacks", &callbacks, "support-fin-ack", FALSE, NULL);
  g_object_set(tcp, "no-delay", TRUE, "rcv-buf", rcvbuf, NULL);
  pseudo_tcp_socket_notify_mtu(tcp, (guint16) (mss + MTU_OVERHEAD));
  run();
  return 0;
}
