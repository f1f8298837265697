#include <stddef.h>
#include <stdint.h>

typedef void (*link_sample_fn)(const uint8_t *data, size_t len, void *ctx);

static struct {
    link_sample_fn on_sample;
    void *ctx;
} table[8];
static int used;

int link_subscribe(const char *topic, link_sample_fn on_sample, void *ctx)
{
    (void)topic;
    if (used == 8) {
        return -1;
    }
    table[used].on_sample = on_sample;
    table[used].ctx = ctx;
    return used++;
}

void link_dispatch(int id, const uint8_t *data, size_t len)
{
    table[id].on_sample(data, len, table[id].ctx);
}
