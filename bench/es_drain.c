/* SPDX-License-Identifier: Apache-2.0 */
/* The least a client can do: the same scroll requests as the source's, bodies thrown away. What the
 * source needs beyond this is decoding.
 *
 *   es_drain URL INDEX SHARDS PAGE_SIZE shards|slices
 *
 * One thread and one connection per shard; `shards` asks for each by preference=_shards, `slices`
 * by the slice clause. Prints documents, bytes, seconds. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 64
#define HEAD_BYTES 8192

typedef struct drain {
    const char *url, *index;
    int shard, shards, page_size, by_slice;
    char head[HEAD_BYTES + 1]; /* the beginning of the answer: scroll id and total */
    size_t head_size;
    size_t bytes, total_bytes;
    long documents;
} drain;

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    drain *d = context;
    size_t bytes = size * count;
    size_t room = HEAD_BYTES - d->head_size;
    size_t kept = bytes < room ? bytes : room;
    memcpy(d->head + d->head_size, data, kept);
    d->head_size += kept;
    d->head[d->head_size] = '\0';
    d->bytes += bytes;
    return bytes;
}

static void request(drain *d, CURL *easy, const char *path, const char *body)
{
    char url[1024];
    snprintf(url, sizeof url, "%s%s", d->url, path);
    d->head_size = d->bytes = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    long status = 0;
    if (curl_easy_perform(easy) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) {
        fprintf(stderr, "es_drain: status %ld: %s\n", status, d->head);
        exit(1);
    }
    d->total_bytes += d->bytes;
}

static void *run(void *context)
{
    drain *d = context;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char path[512], body[8192 + 256], slice[64] = "";
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
    snprintf(path, sizeof path, "/%s/_search?scroll=5m", d->index);
    if (d->by_slice) {
        snprintf(slice, sizeof slice, ",\"slice\":{\"id\":%d,\"max\":%d}", d->shard, d->shards);
    } else {
        snprintf(path + strlen(path), 64, "&preference=_shards:%d", d->shard);
    }
    snprintf(body, sizeof body, "{\"size\":%d,\"sort\":[\"_doc\"],\"track_total_hits\":true%s}",
             d->page_size, slice);
    request(d, easy, path, body);
    const char *total = strstr(d->head, "\"value\":");
    d->documents = total != NULL ? atol(total + 8) : 0;
    while (strstr(d->head, "\"hits\":[]") == NULL) {
        char *id = strstr(d->head, "\"_scroll_id\":\"") + 14;
        *strchr(id, '"') = '\0';
        snprintf(body, sizeof body, "{\"scroll\":\"5m\",\"scroll_id\":\"%s\"}", id);
        request(d, easy, "/_search/scroll", body);
    }
    char *id = strstr(d->head, "\"_scroll_id\":\"") + 14;
    *strchr(id, '"') = '\0';
    snprintf(body, sizeof body, "{\"scroll_id\":[\"%s\"]}", id);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    request(d, easy, "/_search/scroll", body);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return NULL;
}

int main(int argc, char **argv)
{
    static drain drains[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    if (argc != 6 || atoi(argv[3]) < 1 || atoi(argv[3]) > THREADS_MAX) {
        fprintf(stderr, "usage: es_drain URL INDEX SHARDS PAGE_SIZE shards|slices\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    int shards = atoi(argv[3]);
    for (int i = 0; i < shards; i++) {
        drains[i] = (drain){.url = argv[1],
                            .index = argv[2],
                            .shard = i,
                            .shards = shards,
                            .page_size = atoi(argv[4]),
                            .by_slice = strcmp(argv[5], "slices") == 0};
        pthread_create(&threads[i], NULL, run, &drains[i]);
    }
    long documents = 0;
    size_t bytes = 0;
    for (int i = 0; i < shards; i++) {
        pthread_join(threads[i], NULL);
        documents += drains[i].documents;
        bytes += drains[i].total_bytes;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    printf("%ld documents, %zu bytes, %.3f s, %.0f documents/s\n", documents, bytes, seconds,
           (double)documents / seconds);
    return 0;
}
