/* Open-loop load on 127.0.0.1: requests fall due at random moments of a fixed mean rate (Poisson, seeded), whether or
 * not earlier ones were answered, and a request's latency counts from the moment it fell due. So a server that stalls
 * pays for everybody who waited meanwhile, which a client that waits for answers before it goes on never sees.
 *
 *     serving_open_loop PORT RATE SECONDS CONNECTIONS < request
 *
 * The request is sent as it is read. Prints one line of JSON. What no connection is free for waits here, and counts.
 * A connection is opened when there is a request to send: a server of one thread would wait on an idle one. One that
 * the server closes just as a request comes is opened anew, and the request sent again.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536
#define GRACE_S 5.0 /* for the last answers */

struct connection {
    int fd;    /* -1: closed */
    int fresh; /* nothing was answered on it yet */
    long request; /* -1: free */
    size_t got;
    char answer[ROOM + 1];
};

static char request[1 << 20];
static size_t request_size;
static struct sockaddr_in server;
static int poller;
static long errors, opened;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "serving_open_loop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_connection(struct connection *c) {
    int yes = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0) fail("cannot connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
    c->fresh = 1;
    opened++;
}

static void close_connection(struct connection *c) {
    close(c->fd);
    c->fd = -1;
}

static void send_request(struct connection *c, long number) {
    c->request = number;
    c->got = 0;
    if (c->fd >= 0 && send(c->fd, request, request_size, MSG_NOSIGNAL) == (ssize_t)request_size) return;
    if (c->fd >= 0) close_connection(c);
    open_connection(c);
    if (send(c->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) fail("cannot send");
}

/* By Content-Length, or by the last chunk. Says as well whether the server will close. */
static int is_whole(struct connection *c, int *closes) {
    c->answer[c->got] = 0;
    char *body = strstr(c->answer, "\r\n\r\n");
    if (!body) return 0;
    body += 4;
    *(body - 2) = 0;
    char *length = strcasestr(c->answer, "\r\ncontent-length:");
    *closes = strcasestr(c->answer, "\r\nconnection: close") != NULL;
    *(body - 2) = '\r';
    size_t have = c->got - (body - c->answer);
    if (length) return have >= (size_t)atol(length + 17);
    return have >= 5 && memcmp(c->answer + c->got - 5, "0\r\n\r\n", 5) == 0;
}

/* True once the answer to its request is there, right or wrong. */
static int receive(struct connection *c) {
    int closes = 0;
    ssize_t count = recv(c->fd, c->answer + c->got, ROOM - c->got, 0);
    if (count <= 0) {
        int unused = !c->fresh && c->got == 0;
        long number = c->request;
        close_connection(c);
        if (number < 0) return 0;
        if (unused) {
            send_request(c, number);
            return 0;
        }
        errors++;
        return 1;
    }
    if (c->request < 0) return 0;
    c->got += count;
    if (!is_whole(c, &closes)) return 0;
    if (memcmp(c->answer, "HTTP/1.1 200", 12) != 0) errors++;
    c->fresh = 0;
    if (closes) close_connection(c);
    return 1;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "serving_open_loop PORT RATE SECONDS CONNECTIONS < request\n"), 2;
    double rate = atof(argv[2]), seconds = atof(argv[3]);
    int connections = atoi(argv[4]);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    request_size = fread(request, 1, sizeof request, stdin);
    prctl(PR_SET_TIMERSLACK, 1L);

    long total = (long)(rate * seconds), due_count = 0, sent = 0, answered = 0;
    double *due = malloc(total * sizeof *due), *latencies = malloc(total * sizeof *latencies);
    struct connection *all = calloc(connections, sizeof *all), **idle = malloc(connections * sizeof *idle);
    if (total < 1 || !due || !latencies || !all || !idle) fail("cannot begin");
    long first_idle = 0, idle_count = connections; /* a ring: all connections take turns */
    poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        all[i].fd = all[i].request = -1;
        idle[i] = &all[i];
    }
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event tick = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &tick);

    srand48(5);
    double at = now() + 0.01;
    for (long i = 0; i < total; i++) due[i] = at += -log(1 - drand48()) / rate;
    double latest = due[total - 1] + GRACE_S;
    while (answered < total) {
        double moment = now();
        if (moment > latest) break;
        while (due_count < total && due[due_count] <= moment) due_count++;
        for (; sent < due_count && idle_count > 0; sent++, idle_count--)
            send_request(idle[first_idle++ % connections], sent);
        double next = due_count < total ? due[due_count] : latest;
        struct itimerspec when = {.it_value = {(time_t)next, (long)((next - (time_t)next) * 1e9)}};
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
        struct epoll_event events[64];
        int count = epoll_wait(poller, events, 64, 100);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c || !receive(c)) continue;
            latencies[answered++] = now() - due[c->request];
            c->request = -1;
            idle[(first_idle + idle_count++) % connections] = c;
        }
    }
    if (answered == 0) return fprintf(stderr, "serving_open_loop: nothing was answered\n"), 1;
    qsort(latencies, answered, sizeof *latencies, by_size);
    printf("{\"due\": %ld, \"answered\": %ld, \"errors\": %ld, \"opened\": %ld, ", total, answered, errors, opened);
    printf("\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f}\n", latencies[answered / 2] * 1e3,
           latencies[answered * 99 / 100] * 1e3, latencies[answered - 1] * 1e3);
    return 0;
}
