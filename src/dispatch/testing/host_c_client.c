/* A C caller: shows that the header is C11 and is all that a caller needs. */
#include <string.h>

#include "heddle/host.h"

int heddle_c_client_run(void);

typedef struct Seen {
  uint64_t applied;
  uint64_t ticks;
} Seen;

static void Applied(void* context, const heddle_application* application) {
  Seen* const seen = context;
  if (application->outcome.kind == HEDDLE_OUTCOME_UNDECODABLE) ++seen->applied;
}

static void Ticked(void* context, uint64_t interval) {
  Seen* const seen = context;
  seen->ticks = interval;
}

/* Returns 0, or the number of the step that went wrong. */
int heddle_c_client_run(void) {
  const uint8_t payload[] = {1, 2, 3};
  heddle_validator validator;
  Seen seen = {0, 0};
  heddle_config config;
  heddle_host* host;
  heddle_instance* instance;
  heddle_error error;

  memset(&validator, 0, sizeof(validator));
  heddle_config_init(&config);
  config.validators = &validator;
  config.validator_count = 1;
  config.tick_source = HEDDLE_TICKS_EXTERNAL;
  config.observer.context = &seen;
  config.observer.applied = Applied;
  config.observer.ticked = Ticked;
  if (heddle_host_create(&config, &host, &error) != HEDDLE_OK) return 1;
  if (heddle_instance_open(host, 0, &instance) != HEDDLE_OK) return 2;
  if (heddle_host_start(host) != HEDDLE_OK) return 3;
  if (heddle_gossip(instance, "topic", payload, sizeof(payload), "peer") != HEDDLE_OK) return 4;
  if (heddle_host_tick(host, 5) != HEDDLE_OK) return 5;
  if (heddle_host_flush(host) != HEDDLE_OK) return 6;
  if (seen.applied != 1 || seen.ticks != 5) return 7;
  heddle_host_destroy(host);
  if (heddle_gossip(instance, "topic", payload, sizeof(payload), "peer") != HEDDLE_STOPPED) {
    return 8;
  }
  heddle_instance_close(instance);
  return 0;
}
