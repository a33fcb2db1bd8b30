/* The line protocol. Descriptors 0, 1 and 2 are pointed at /dev/null, so that nothing a kernel prints is read as an answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static int input_fd = -1;
static int output_fd = -1;

enum { LEAST_FD = 100 };

void protocol_open(void) {
  input_fd = fcntl(0, F_DUPFD_CLOEXEC, LEAST_FD);
  output_fd = fcntl(1, F_DUPFD_CLOEXEC, LEAST_FD);
  int null_fd = open("/dev/null", O_RDWR);
  if (input_fd < 0 || output_fd < 0 || null_fd < 0) _exit(2);
  for (int fd = 0; fd <= 2; fd++) dup2(null_fd, fd);
  if (null_fd > 2) close(null_fd);
}

int protocol_input(void) { return input_fd; }

static void write_all(const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(output_fd, text, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(3); /* nobody listens any more */
    text += written;
    length -= (size_t)written;
  }
}

void protocol_reply(const char *format, ...) {
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length > (int)sizeof line - 2) length = (int)sizeof line - 2;
  for (int i = 0; i < length; i++) {
    if (line[i] == '\n') line[i] = ' ';
  }
  line[length] = '\n';
  write_all(line, (size_t)length + 1);
}

void die(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (output_fd >= 0) {
    protocol_reply("fatal %s", text);
  } else {
    fprintf(stderr, "oneshot-runner: %s\n", text);
  }
  _exit(2);
}

char *protocol_read(void) {
  static char buffer[1 << 16];
  static size_t filled = 0;
  static size_t taken = 0;
  memmove(buffer, buffer + taken, filled - taken);
  filled -= taken;
  taken = 0;
  for (;;) {
    char *newline = memchr(buffer, '\n', filled);
    if (newline != NULL) {
      *newline = '\0';
      taken = (size_t)(newline - buffer) + 1;
      return buffer;
    }
    if (filled == sizeof buffer) die("Cannot read a command: longer than %zu bytes", sizeof buffer);
    ssize_t got = read(input_fd, buffer + filled, sizeof buffer - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return NULL;
    filled += (size_t)got;
  }
}

const char *field_text(const char *line, const char *name, char *into, size_t size) {
  size_t length = strlen(name);
  bool rest = strcmp(name, "path") == 0;
  into[0] = '\0';
  for (const char *at = strchr(line, ' '); at != NULL; at = strchr(at, ' ')) {
    while (*at == ' ') at++;
    if (strncmp(at, name, length) == 0 && at[length] == '=') {
      const char *value = at + length + 1;
      size_t chars = rest ? strlen(value) : strcspn(value, " ");
      if (chars >= size) chars = size - 1;
      memcpy(into, value, chars);
      into[chars] = '\0';
      return into;
    }
    if (strncmp(at, "path=", 5) == 0) break;
  }
  return into;
}

long field_long(const char *line, const char *name, long otherwise) {
  char text[64];
  field_text(line, name, text, sizeof text);
  char *end;
  long value = strtol(text, &end, 10);
  return text[0] == '\0' || *end != '\0' ? otherwise : value;
}

double field_double(const char *line, const char *name, double otherwise) {
  char text[64];
  field_text(line, name, text, sizeof text);
  char *end;
  double value = strtod(text, &end);
  return text[0] == '\0' || *end != '\0' ? otherwise : value;
}

int split_longs(const char *text, long *into, int most) {
  int count = 0;
  while (count < most) {
    char *end;
    into[count] = strtol(text, &end, 10);
    if (end == text) return -1;
    count++;
    if (*end == '\0') return count;
    if (*end != ',') return -1;
    text = end + 1;
  }
  return -1;
}
