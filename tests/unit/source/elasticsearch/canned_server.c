/* SPDX-License-Identifier: Apache-2.0 */
#include "canned_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void require(bool condition, const char *what)
{
    if (!condition) {
        perror(what);
        abort();
    }
}

/* Reads one request into text; false at the end of the connection. */
static bool read_request(int fd, char *text, size_t capacity, char **body)
{
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(fd, text + size, capacity - 1 - size, 0);
        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
        text[size] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        if (end == NULL) {
            continue;
        }
        const char *length = strcasestr(text, "\r\ncontent-length:");
        size_t wanted = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
        *body = end + 4;
        if (size - (size_t)(*body - text) >= wanted) {
            return true;
        }
    }
}

static void answer(canned_server *server, int fd, const char *request)
{
    const canned_answer *found = NULL;
    for (size_t i = 0; i < server->answer_count && found == NULL; i++) {
        const char *begin = server->answers[i].request;
        found = strncmp(request, begin, strlen(begin)) == 0 ? &server->answers[i] : NULL;
    }
    const char *body = found != NULL ? found->body : "{}";
    char head[256];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %d x\r\ncontent-type: application/json\r\n"
                        "X-elastic-product: Elasticsearch\r\ncontent-length: %zu\r\n\r\n",
                        found != NULL ? found->status : 404, strlen(body));
    (void)!send(fd, head, (size_t)size, MSG_NOSIGNAL);
    (void)!send(fd, body, strlen(body), MSG_NOSIGNAL);
}

static void serve(void *context)
{
    canned_server *server = context;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        char text[8192];
        char *body = text;
        while (read_request(fd, text, sizeof text, &body)) {
            server->request_count++;
            snprintf(server->last_body, sizeof server->last_body, "%s", body);
            answer(server, fd, text);
        }
        close(fd);
    }
}

void canned_server_start(canned_server *server, const canned_answer *answers, size_t answer_count)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    tide_error err;
    memset(server, 0, sizeof *server);
    server->answers = answers;
    server->answer_count = answer_count;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    require(bind(server->listener, (struct sockaddr *)&address, size) == 0, "bind");
    require(listen(server->listener, 16) == 0, "listen");
    require(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    require(tide_thread_start(&server->thread, serve, server, &err) == TIDE_OK, "thread");
}

void canned_server_stop(canned_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    tide_thread_join(&server->thread);
    close(server->listener);
}
