/* Sends requests; contract in push_send.h.
 *
 * libcurl's entries are declared here as far as they are used: its interface is the same since 2006
 * (libcurl.so.4), and a build needs no header of it.
 */
#include "push_send.h"
#include "say.h"
#include "text.h"
#include "units.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- libcurl ---- */

enum {
  OPT_WRITEDATA = 10001,
  OPT_URL = 10002,
  OPT_ERRORBUFFER = 10010,
  OPT_POSTFIELDS = 10015,
  OPT_USERAGENT = 10018,
  OPT_HTTPHEADER = 10023,
  OPT_CAINFO = 10065,
  OPT_POST = 47,
  OPT_NOSIGNAL = 99,
  OPT_TIMEOUT_MS = 155,
  OPT_PROTOCOLS = 181,
  OPT_WRITEFUNCTION = 20011,
  OPT_POSTFIELDSIZE_LARGE = 30120,
  INFO_RESPONSE_CODE = 0x200002,
  INFO_RETRY_AFTER = 0x600039
};
enum { PROTO_HTTP = 1, PROTO_HTTPS = 2, ERROR_BYTES = 256 };

/* What curl_easy_perform gives, of which these are not worth another attempt. */
enum {
  E_UNSUPPORTED_PROTOCOL = 1,
  E_URL_MALFORMAT = 3,
  E_TIMEOUT = 28,
  E_SSL_CONNECT = 35,
  E_PEER_FAILED_VERIFICATION = 60,
  E_SSL_CACERT_BADFILE = 77
};

static struct {
  void *library;
  void *(*init)(void);
  int (*set)(void *handle, int option, ...);
  int (*perform)(void *handle);
  int (*info)(void *handle, int info, ...);
  const char *(*words)(int code);
  void (*cleanup)(void *handle);
  void *(*append)(void *list, const char *line);
  void (*free_all)(void *list);
} curl;

static void *symbol(const char *name) {
  void *p = dlsym(curl.library, name);
  if (p == NULL)
    say_error("push: libcurl has no %s: install libcurl4", name);
  return p;
}

static bool curl_open(void) {
  if (curl.library != NULL)
    return curl.free_all != NULL;
  curl.library = dlopen("libcurl.so.4", RTLD_NOW);
  if (curl.library == NULL)
    curl.library = dlopen("libcurl-gnutls.so.4", RTLD_NOW);
  if (curl.library == NULL) {
    say_error("push: libcurl.so.4 can't be loaded: install libcurl4 (apt-get install libcurl4)");
    return false;
  }
  return (curl.init = symbol("curl_easy_init")) != NULL &&
         (curl.set = symbol("curl_easy_setopt")) != NULL &&
         (curl.perform = symbol("curl_easy_perform")) != NULL &&
         (curl.info = symbol("curl_easy_getinfo")) != NULL &&
         (curl.words = symbol("curl_easy_strerror")) != NULL &&
         (curl.cleanup = symbol("curl_easy_cleanup")) != NULL &&
         (curl.append = symbol("curl_slist_append")) != NULL &&
         (curl.free_all = symbol("curl_slist_free_all")) != NULL;
}

/* ---- one attempt ---- */

struct answer {
  int error;     /* of libcurl; 0: there is a status */
  long status;   /* HTTP's */
  int64_t after; /* seconds that the server asks to wait; 0: it does not */
  char words[ERROR_BYTES];
  char body[160]; /* its begin */
  size_t body_bytes;
};

static size_t body_take(const char *bytes, size_t size, size_t n, void *to) {
  struct answer *a = to;
  size_t room = sizeof a->body - 1 - a->body_bytes, take = size * n < room ? size * n : room;
  memcpy(a->body + a->body_bytes, bytes, take);
  a->body_bytes += take;
  return size * n;
}

static void *headers_new(const struct push_options *o, const struct push_request *r) {
  char *type = must_print("Content-Type: %s", r->content);
  void *list = must_have(curl.append(NULL, type));
  /* libcurl would else wait for the server's word before it sends a large body. */
  list = must_have(curl.append(list, "Expect:"));
  for (unsigned i = 0; i < o->n_headers; i++)
    list = must_have(curl.append(list, o->headers[i]));
  free(type);
  return list;
}

static void options_set(void *handle, const struct push_options *o, const struct push_request *r,
                        struct answer *a) {
  curl.set(handle, OPT_URL, r->url);
  curl.set(handle, OPT_PROTOCOLS, (long)(PROTO_HTTP | PROTO_HTTPS));
  curl.set(handle, OPT_NOSIGNAL, 1L);
  curl.set(handle, OPT_TIMEOUT_MS, (long)o->timeout_ms);
  curl.set(handle, OPT_USERAGENT, "arenashim/" ARENASHIM_VERSION);
  curl.set(handle, OPT_POST, 1L);
  curl.set(handle, OPT_POSTFIELDS, r->body);
  curl.set(handle, OPT_POSTFIELDSIZE_LARGE, (int64_t)r->bytes);
  curl.set(handle, OPT_WRITEFUNCTION, body_take);
  curl.set(handle, OPT_WRITEDATA, a);
  curl.set(handle, OPT_ERRORBUFFER, a->words);
  if (o->ca != NULL)
    curl.set(handle, OPT_CAINFO, o->ca);
}

static void attempt(const struct push_options *o, const struct push_request *r, struct answer *a) {
  *a = (struct answer){.error = 0};
  void *handle = must_have(curl.init()), *headers = headers_new(o, r);
  options_set(handle, o, r, a);
  curl.set(handle, OPT_HTTPHEADER, headers);
  a->error = curl.perform(handle);
  curl.info(handle, INFO_RESPONSE_CODE, &a->status);
  if (curl.info(handle, INFO_RETRY_AFTER, &a->after) != 0)
    a->after = 0;
  if (a->words[0] == '\0')
    snprintf(a->words, sizeof a->words, "%s", curl.words(a->error));
  curl.free_all(headers);
  curl.cleanup(handle);
}

/* ---- again, or what to say ---- */

static bool is_done(const struct answer *a) {
  return a->error == 0 && a->status >= 200 && a->status < 300;
}

static bool is_worth_another(const struct answer *a) {
  switch (a->error) {
  case 0:
    return a->status == 429 || (a->status >= 500 && a->status != 501 && a->status != 505);
  case E_UNSUPPORTED_PROTOCOL:
  case E_URL_MALFORMAT:
  case E_SSL_CONNECT:
  case E_PEER_FAILED_VERIFICATION:
  case E_SSL_CACERT_BADFILE:
    return false;
  default:
    return true;
  }
}

static const char *status_words(long status) {
  return status == 401 || status == 403 ? ": give what it asks for with --header"
         : status == 404                ? ": is this the URL, and is it --to that server?"
         : status == 413 ? ": the profile is too large for it: raise the server's limit"
         : status == 429 ? ": it takes no more now: raise its limit, or send less often"
                         : "";
}

/* One line: the server's own words go in as far as they are one. */
static void answer_say(const struct push_options *o, const struct push_request *r,
                       const struct answer *a, unsigned long attempts) {
  char tries[40] = "", size[UNITS_MAX];
  struct answer shown = *a;
  units_bytes(r->bytes, false, size);
  if (attempts > 1)
    snprintf(tries, sizeof tries, " after %lu attempts", attempts);
  shown.body[strcspn(shown.body, "\r\n")] = '\0';
  if (a->error == E_TIMEOUT)
    say_error("push: %s: no answer within %.3g s%s: see --timeout", o->url,
              (double)o->timeout_ms / 1000, tries);
  else if (a->error == E_SSL_CONNECT || a->error == E_PEER_FAILED_VERIFICATION)
    say_error("push: %s: TLS: %s: name the certificates with --cacert", o->url, a->words);
  else if (a->error != 0)
    say_error("push: %s: %s%s", o->url, a->words, tries);
  else
    say_error("push: %s answered %ld to %s%s%s%s%s%s", o->url, a->status, size, tries,
              status_words(a->status), *shown.body != '\0' ? " (" : "", shown.body,
              *shown.body != '\0' ? ")" : "");
}

/* 0.5, 1, 2, 4, ... seconds, at most 30; or what the server asks for, at most 60. */
static void pause_make(unsigned long attempts, int64_t after) {
  double seconds = 0.25;
  for (unsigned long i = 0; i < attempts && seconds < 30; i++)
    seconds *= 2;
  if (after > 0)
    seconds = after < 60 ? (double)after : 60;
  struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&t, &t) != 0 && errno == EINTR)
    ;
}

bool push_send(const struct push_options *o, const struct push_request *r) {
  struct answer a;
  if (!curl_open())
    return false;
  for (unsigned long attempts = 1;; attempts++) {
    attempt(o, r, &a);
    if (is_done(&a))
      return true;
    if (!is_worth_another(&a) || attempts > o->retries) {
      answer_say(o, r, &a, attempts);
      return false;
    }
    pause_make(attempts, a.after);
  }
}

char *push_escape(const char *query) {
  struct text text;
  FILE *to = text_start(&text);
  for (const unsigned char *c = (const unsigned char *)query; *c != '\0'; c++)
    if ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
        strchr("-._~", *c) != NULL)
      fputc(*c, to);
    else
      fprintf(to, "%%%02X", *c);
  return text_end(to, &text);
}
