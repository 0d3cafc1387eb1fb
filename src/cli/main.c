/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill: the command line. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

#ifndef TIDE_VERSION
#define TIDE_VERSION "0.1.0"
#endif

#define COMMANDS_MAX 32

static tide_cancel cancel;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    static const char soon[] =
        "\ntidemill: stopping; what is in flight is finished or rolled back (again = now)\n";
    if (tide_cancel_get(&cancel) == TIDE_RUNNING) {
        tide_cancel_raise(&cancel, TIDE_STOPPING);
        ssize_t ignored = write(STDERR_FILENO, soon, sizeof soon - 1);
        (void)ignored;
    } else if (tide_cancel_get(&cancel) == TIDE_STOPPING) {
        tide_cancel_raise(&cancel, TIDE_STOP_NOW);
    } else {
        _exit(TIDE_EXIT_CANCELLED); /* user code that never returns; what is committed stands */
    }
}

/* Only a run has something to finish; elsewhere Ctrl-C ends the process, as it would without us. */
static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* A closed standard stream must not become the number of a file that we write. */
static void open_standard_streams(void)
{
    int file;
    do {
        file = open("/dev/null", O_RDWR);
    } while (file >= 0 && file <= STDERR_FILENO);
    if (file > STDERR_FILENO) {
        (void)close(file);
    }
}

/* Also what was lost before: a buffer that could not be written is forgotten by the next flush. */
static int close_output(int exit_code)
{
    bool lost = ferror(stdout) != 0;
    bool failed = fflush(stdout) != 0;
    if (!lost && !failed) {
        return exit_code;
    }
    (void)fprintf(stderr, "tidemill: standard output could not be written%s%s\n",
                  failed ? ": " : "", failed ? strerror(errno) : "");
    return exit_code == TIDE_EXIT_OK ? TIDE_EXIT_FAILED : exit_code;
}

static void print_help(FILE *out)
{
    (void)fprintf(out, "tidemill " TIDE_VERSION
                       ": processes event data in the order it happened\n\n"
                       "usage: tidemill COMMAND [OPTION...] [PIPELINE...]\n\n");
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        (void)fprintf(out, "  %-10s %s\n", tide_commands[i]->name, tide_commands[i]->summary);
    }
    (void)fprintf(out,
                  "\n`tidemill COMMAND --help` tells more. The project file is tidemill.yaml, "
                  "or -f FILE.\n");
}

static const tide_command *find_command(const char *name)
{
    for (size_t i = 0; tide_commands[i] != NULL; i++) {
        if (strcmp(tide_commands[i]->name, name) == 0) {
            return tide_commands[i];
        }
    }
    return NULL;
}

static int fail_unknown(const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    while (count < COMMANDS_MAX && tide_commands[count] != NULL) {
        names[count] = tide_commands[count]->name;
        count++;
    }
    const char *nearest = tide_text_nearest(name, names, count);
    if (nearest != NULL) {
        (void)fprintf(stderr, "tidemill: unknown command `%s`: did you mean `%s`?\n", name,
                      nearest);
    } else {
        (void)fprintf(stderr, "tidemill: unknown command `%s`; `tidemill --help` lists them\n",
                      name);
    }
    return TIDE_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    open_standard_streams();
    if (argc < 2) {
        print_help(stderr);
        return TIDE_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return close_output(TIDE_EXIT_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("tidemill " TIDE_VERSION "\n");
        return close_output(TIDE_EXIT_OK);
    }
    const tide_command *command = find_command(argv[1]);
    if (command == NULL) {
        return fail_unknown(argv[1]);
    }
    tide_cancel_init(&cancel);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write */
    if (command == &tide_command_run) {
        catch_interrupts();
    }
    tide_cli cli = {.project_path = "tidemill.yaml", .cancel = &cancel};
    int exit_code = command->run(&cli, argc - 1, argv + 1);
    tide_selection_clear(&cli.selection);
    return close_output(exit_code);
}
