/* CMSIS-NN over the layers of the benchmark's networks: instructions of each kernel call.

   Prints a line `CASE INSTRUCTIONS` for each layer of peer.h, which kastanet-bench writes. Weights and
   inputs are random: what these kernels do does not depend on them. */

#include <stdint.h>
#include "arm_nnfunctions.h"

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

/* ---- The machine ---- */

extern char stack_top[];
int main(void);

static int semihost(int operation, const void *argument)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t code)
{
    const uint32_t block[2] = {0x20026, code};
    semihost(0x20, block);
    for (;;) {}
}

static void fault(void) { leave(2); }

void reset(void)
{
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20;
    __asm volatile("dsb\n isb");
#endif
    leave(main());
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
    stack_top, reset, fault, fault, fault, fault, fault, fault,
};

/* Under -icount every instruction takes 2^SHIFT nanoseconds; the counters of the boards. */
#ifdef SYSTEM_COUNTER
#define CONTROL (*(volatile uint32_t *)0x58100000)
#define VALUE (*(volatile uint32_t *)0x58100008)
/* 32 MHz */
#define NANOSECONDS(ticks) ((ticks) * 125 / 4)
static void start(void) { CONTROL = 1; }
static uint32_t now(void) { return VALUE; }
#else
#define TIMER ((volatile uint32_t *)0x40000000)
/* 25 MHz */
#define NANOSECONDS(ticks) ((ticks) * 40)
static void start(void)
{
    TIMER[0] = 0;
    TIMER[2] = TIMER[1] = UINT32_MAX;
    TIMER[0] = 1;
}
static uint32_t now(void) { return UINT32_MAX - TIMER[1]; }
#endif

static uint32_t instructions(uint32_t ticks)
{
    return (NANOSECONDS((uint64_t)ticks) + (1 << SHIFT >> 1)) >> SHIFT;
}

static void print(const char *name, uint32_t number)
{
    char digits[13], *at = digits + sizeof digits;
    *--at = 0;
    *--at = '\n';
    do {
        *--at = '0' + number % 10;
    } while (number /= 10);
    semihost(4, name);
    semihost(4, " ");
    semihost(4, at);
}

/* ---- The layers ---- */

enum kind { CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED };

struct layer {
    const char *name;
    enum kind kind;
    int input[3], output[3], kernel[2], stride, pad[2];
};

static const struct layer layers[] = {
#include "peer.h"
};

static int8_t input[64 << 10], output[64 << 10], weights[96 << 10], scratch[64 << 10];
static int32_t bias[1024], multipliers[1024], shifts[1024];

static void fill(void)
{
    uint32_t seed = 1;
    for (int i = 0; i < COUNT(input); i++) input[i] = (seed = seed * 1664525 + 1013904223) >> 24;
    for (int i = 0; i < COUNT(weights); i++) weights[i] = (seed = seed * 1664525 + 1013904223) >> 24;
    for (int i = 0; i < COUNT(bias); i++) {
        bias[i] = i;
        multipliers[i] = 1 << 30;
        shifts[i] = -8;
    }
}

static arm_cmsis_nn_status run(const struct layer *layer)
{
    const int *in = layer->input, *out = layer->output;
    const int h = layer->kernel[0], w = layer->kernel[1];
    const cmsis_nn_context context = {scratch, sizeof scratch};
    const cmsis_nn_dims input_dims = {1, in[0], in[1], in[2]};
    const cmsis_nn_dims output_dims = {1, out[0], out[1], out[2]};
    const cmsis_nn_dims bias_dims = {1, 1, 1, out[2]};
    const cmsis_nn_tile stride = {layer->stride, layer->stride};
    const cmsis_nn_tile padding = {layer->pad[1], layer->pad[0]}, dilation = {1, 1};
    const cmsis_nn_activation activation = {-128, 127};
    const cmsis_nn_per_channel_quant_params channels = {multipliers, shifts};
    if (layer->kind == CONV_2D) {
        const cmsis_nn_conv_params params = {128, -3, stride, padding, dilation, activation};
        const cmsis_nn_dims filter = {out[2], h, w, in[2]};
        return arm_convolve_wrapper_s8(&context, &params, &channels, &input_dims, input, &filter,
                                       weights, &bias_dims, bias, &output_dims, output);
    }
    if (layer->kind == DEPTHWISE_CONV_2D) {
        const cmsis_nn_dw_conv_params params = {128, -3, 1, stride, padding, dilation, activation};
        const cmsis_nn_dims filter = {1, h, w, out[2]};
        return arm_depthwise_conv_wrapper_s8(&context, &params, &channels, &input_dims, input,
                                             &filter, weights, &bias_dims, bias, &output_dims,
                                             output);
    }
    const cmsis_nn_fc_params params = {128, 0, -3, activation};
    const cmsis_nn_per_tensor_quant_params tensor = {1 << 30, -8};
    const cmsis_nn_dims vector = {1, 1, 1, in[2]}, filter = {in[2], 1, 1, out[2]};
    return arm_fully_connected_s8(&context, &params, &tensor, &vector, input, &filter, weights,
                                  &bias_dims, bias, &output_dims, output);
}

int main(void)
{
    fill();
    start();
    const uint32_t nothing = now(), overhead = instructions(now() - nothing);
    for (int i = 0; i < COUNT(layers); i++) {
        const uint32_t before = now();
        const arm_cmsis_nn_status status = run(&layers[i]);
        const uint32_t count = instructions(now() - before) - overhead;
        if (status != ARM_CMSIS_NN_SUCCESS) return 1;
        print(layers[i].name, count);
    }
    return 0;
}
