// A driver without a card, for tests of the code that calls one: memory is the host's, the kernel paper_axpy computes
// y += s * x, paper_map copies its tensor map, paper_fault makes the next wait fail, and every other is noted and done
// at once.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int R;
typedef unsigned long long P;

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, BAD_IMAGE = 218, NO_SYMBOL = 500, ILLEGAL_ADDRESS = 700 };

static R pending = OK;
static int capturing, launched, noted, shared_allowed;
static size_t used;
static const size_t ALL = 1 << 26;

R cuInit(unsigned flags) { return OK; }
R cuDriverGetVersion(int *v) { *v = 13000; return OK; }
R cuDeviceGetCount(int *n) { *n = 1; return OK; }
R cuDeviceGet(int *d, int ordinal) { *d = ordinal; return OK; }
R cuDeviceGetName(char *name, int n, int d) { snprintf(name, n, "Paper Card"); return OK; }
R cuDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? 9 : a == 76 ? 0 : a == 16 ? 132 : 232448; return OK; }
R cuDevicePrimaryCtxRetain(void **c, int d) { *c = &used; return OK; }
R cuDevicePrimaryCtxRelease_v2(int d) { return OK; }
R cuCtxSetCurrent(void *c) { return c == &used ? OK : INVALID; }
R cuGetErrorString(R e, const char **s) {
    *s = e == ILLEGAL_ADDRESS ? "an illegal memory access was encountered" : "some error";
    return OK;
}
R cuMemGetInfo_v2(size_t *free, size_t *total) { *free = ALL - used; *total = ALL; return OK; }
R cuMemAlloc_v2(P *p, size_t n) {
    if (used + n > ALL) return NO_MEMORY;
    size_t *block = malloc(n + 256);
    *block = n;
    used += n;
    *p = (P)block + 256;
    return OK;
}
R cuMemFree_v2(P p) { used -= *(size_t *)(p - 256); free((void *)(p - 256)); return OK; }
R cuMemHostAlloc(void **p, size_t n, unsigned flags) { *p = malloc(n); return OK; }
R cuMemFreeHost(void *p) { free(p); return OK; }
R cuMemcpyHtoDAsync_v2(P to, const void *from, size_t n, void *s) { memcpy((void *)to, from, n); return OK; }
R cuMemcpyDtoHAsync_v2(void *to, P from, size_t n, void *s) { memcpy(to, (void *)from, n); return OK; }
R cuMemcpyDtoDAsync_v2(P to, P from, size_t n, void *s) { memcpy((void *)to, (void *)from, n); return OK; }
R cuMemsetD8Async(P to, unsigned char v, size_t n, void *s) { memset((void *)to, v, n); return OK; }
R cuStreamCreate(void **s, unsigned flags) { *s = &launched; return OK; }
R cuStreamDestroy_v2(void *s) { return OK; }
R cuStreamSynchronize(void *s) { R r = pending; pending = OK; return r; }
R cuEventCreate(void **e, unsigned flags) { *e = malloc(sizeof(int)); return OK; }
R cuEventDestroy_v2(void *e) { free(e); return OK; }
R cuEventRecord(void *e, void *s) { *(int *)e = launched; return OK; }
R cuEventSynchronize(void *e) { return OK; }
R cuEventElapsedTime(float *ms, void *a, void *b) { *ms = *(int *)b - *(int *)a; return OK; } // a launch takes 1 ms

R cuModuleLoadDataEx(void **m, const void *image, unsigned n, const int *options, void **values) {
    *m = strdup(image);
    if (strstr(image, ".version 8.0")) return OK;
    for (unsigned i = 0; i < n; i++) if (options[i] == 5) strcpy(values[i], "line 1: no version\n");
    return BAD_IMAGE;
}
R cuModuleUnload(void *m) { free(m); return OK; }
R cuModuleGetFunction(void **f, void *m, const char *name) {
    *f = strdup(name);
    return strstr(m, name) ? OK : NO_SYMBOL;
}
R cuFuncSetAttribute(void *f, int a, int v) { if (a == 8 && v > shared_allowed) shared_allowed = v; return OK; }

struct Axpy { float s; P x, y; int n; } kept;

static void axpy(struct Axpy k) {
    for (int i = 0; i < k.n; i++) ((float *)k.y)[i] += k.s * ((float *)k.x)[i];
}

R cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                 unsigned shared, void *s, void **p, void **extra) {
    if (shared > 48 << 10 && (int)shared > shared_allowed) return INVALID;
    launched++;
    if (!strcmp(f, "paper_fault")) pending = ILLEGAL_ADDRESS;
    if (!strcmp(f, "paper_map")) memcpy(*(void **)p[1], p[0], 128);
    if (strcmp(f, "paper_axpy")) return OK;
    kept = (struct Axpy){*(float *)p[0], *(P *)p[1], *(P *)p[2], *(int *)p[3]};
    if (capturing) noted++;
    else axpy(kept);
    return OK;
}
R cuStreamBeginCapture_v2(void *s, int mode) { capturing = 1; noted = 0; return OK; }
R cuStreamEndCapture(void *s, void **g) { capturing = 0; *g = &noted; return OK; }
R cuGraphInstantiateWithFlags(void **e, void *g, unsigned long long flags) { *e = g; return OK; }
R cuGraphLaunch(void *e, void *s) { for (int i = 0; i < noted; i++) axpy(kept); return OK; }
R cuGraphExecDestroy(void *e) { return OK; }
R cuGraphDestroy(void *g) { return OK; }

// The bytes of a map are what it was told: type, rank, swizzle, promotion, then sizes, strides, box as numbers.
R cuTensorMapEncodeTiled(void *map, int type, unsigned rank, void *address, const P *sizes, const P *strides,
                         const unsigned *box, const unsigned *steps, int interleaved, int swizzle, int l2, int fill) {
    if ((P)map % 64 || interleaved || fill || box[0] == 256) return INVALID;
    int *head = map;
    P *body = (P *)(head + 4);
    head[0] = type, head[1] = rank, head[2] = swizzle, head[3] = l2;
    *body++ = (P)address;
    for (unsigned i = 0; i < rank; i++) *body++ = sizes[i];
    for (unsigned i = 0; i + 1 < rank; i++) *body++ = strides[i];
    for (unsigned i = 0; i < rank; i++) *body++ = box[i] * steps[i];
    return OK;
}
