// A driver without a GPU, for tests of the code that calls one: memory is the host's, the kernel paper_axpy computes
// y += s * x, paper_map copies its tensor map, paper_fault makes the next wait fail, and every other is noted and done
// at once. Graphs are chains of copies of launches.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int R;
typedef unsigned long long P;

enum { OK = 0, INVALID = 1, NO_MEMORY = 2, BAD_IMAGE = 218, NO_SYMBOL = 500, ILLEGAL_ADDRESS = 700 };

static R pending = OK;
static int launched, shared_allowed;
static size_t used;
static const size_t ALL = 1 << 26;

R cuInit(unsigned flags) { return OK; }
R cuDriverGetVersion(int *v) { *v = 13000; return OK; }
R cuDeviceGetCount(int *n) { *n = 1; return OK; }
R cuDeviceGet(int *d, int ordinal) { *d = ordinal; return OK; }
R cuDeviceGetName(char *name, int n, int d) { snprintf(name, n, "Paper GPU"); return OK; }
R cuDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? 9 : a == 76 ? 0 : a == 16 ? 132 : 232448; return OK; }
R cuDevicePrimaryCtxRetain(void **c, int d) { *c = &used; return OK; }
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

// A launch, or a node of a graph: the arguments are copied, as a driver does.
struct Work {
    void *f;
    int shared;
    char first[128];
    P arguments[4];
    P from, to;
    size_t bytes;
    int value;
};

static R take(struct Work *w, void *f, int shared, void **p) {
    if (shared > 48 << 10 && shared > shared_allowed) return INVALID;
    *w = (struct Work){.f = f, .shared = shared};
    if (!strcmp(f, "paper_axpy")) {
        memcpy(w->first, p[0], 4);
        w->arguments[1] = *(P *)p[1], w->arguments[2] = *(P *)p[2], w->arguments[3] = *(int *)p[3];
    }
    if (!strcmp(f, "paper_map")) {
        memcpy(w->first, p[0], 128);
        w->arguments[1] = *(P *)p[1];
    }
    return OK;
}

static void work(struct Work *w) {
    if (!w->f) {
        if (w->from) memcpy((void *)w->to, (void *)w->from, w->bytes);
        else memset((void *)w->to, w->value, w->bytes);
        return;
    }
    launched++;
    if (!strcmp(w->f, "paper_fault")) pending = ILLEGAL_ADDRESS;
    if (!strcmp(w->f, "paper_map")) memcpy((void *)w->arguments[1], w->first, 128);
    if (strcmp(w->f, "paper_axpy")) return;
    float s = *(float *)w->first, *x = (float *)w->arguments[1], *y = (float *)w->arguments[2];
    for (int i = 0; i < (int)w->arguments[3]; i++) y[i] += s * x[i];
}

R cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                 unsigned shared, void *s, void **p, void **extra) {
    struct Work w;
    R r = take(&w, f, shared, p);
    if (r == OK) work(&w);
    return r;
}

// Graphs that are chains. A node's handle points to its place in the graph; what is launched is a copy.
enum { LONGEST = 64 };
struct Graph { int n; struct Work nodes[LONGEST]; };
struct Executable { struct Graph *of; struct Graph copy; };
struct KernelParams { void *f; unsigned grid[3], block[3], shared; void **p, **extra; void *kern, *ctx; };
struct MemsetParams { P to; size_t pitch; unsigned value, element; size_t width, height; };
struct End { size_t x, y, z, lod; int type; void *host; P device; void *array, *reserved; size_t pitch, height; };
struct MemcpyParams { struct End from, to; size_t width, height, depth; };

static int graphs; // not destroyed yet
R cuDevicePrimaryCtxRelease_v2(int d) { if (graphs) printf("%d graphs left\n", graphs); return OK; }

R cuGraphCreate(struct Graph **g, unsigned flags) { *g = calloc(1, sizeof **g); graphs++; return OK; }
R cuGraphDestroy(void *g) { free(g); graphs--; return OK; }
R cuGraphExecDestroy(void *e) { free(e); graphs--; return OK; }
R cuGraphInstantiateWithFlags(struct Executable **e, struct Graph *g, unsigned long long flags) {
    *e = calloc(1, sizeof **e);
    **e = (struct Executable){g, *g};
    graphs++;
    return OK;
}
R cuGraphLaunch(struct Executable *e, void *s) {
    if (s != &launched) return INVALID;
    for (int i = 0; i < e->copy.n; i++) work(&e->copy.nodes[i]);
    return OK;
}

static struct Work *chained(struct Work **node, struct Graph *g, struct Work **before, size_t n) {
    if (g->n == LONGEST || n != (g->n > 0) || (n && *before != &g->nodes[g->n - 1])) return 0;
    return *node = &g->nodes[g->n++];
}
static struct Work *of(struct Executable *e, struct Work *node) { return &e->copy.nodes[node - e->of->nodes]; }
static R kernel(struct Work *w, struct KernelParams *p) {
    return w && p->block[1] == 1 && p->block[2] == 1 ? take(w, p->f, p->shared, p->p) : INVALID;
}
static R fill(struct Work *w, struct MemsetParams *p, void *ctx) {
    if (!w || ctx != &used || p->element != 1 || p->height != 1 || !p->width) return INVALID;
    *w = (struct Work){.to = p->to, .bytes = p->width, .value = p->value};
    return OK;
}
static R copy(struct Work *w, struct MemcpyParams *p, void *ctx) {
    if (!w || ctx != &used || p->from.type != 2 || p->to.type != 2 || p->height != 1 || p->depth != 1) return INVALID;
    *w = (struct Work){.from = p->from.device, .to = p->to.device, .bytes = p->width};
    return OK;
}
R cuGraphAddKernelNode_v2(struct Work **w, void *g, struct Work **before, size_t n, struct KernelParams *p) {
    return kernel(chained(w, g, before, n), p);
}
R cuGraphAddMemsetNode(struct Work **w, void *g, struct Work **before, size_t n, struct MemsetParams *p, void *ctx) {
    return fill(chained(w, g, before, n), p, ctx);
}
R cuGraphAddMemcpyNode(struct Work **w, void *g, struct Work **before, size_t n, struct MemcpyParams *p, void *ctx) {
    return copy(chained(w, g, before, n), p, ctx);
}
R cuGraphExecKernelNodeSetParams_v2(void *e, struct Work *w, struct KernelParams *p) { return kernel(of(e, w), p); }
R cuGraphExecMemsetNodeSetParams(void *e, struct Work *w, struct MemsetParams *p, void *ctx) {
    return fill(of(e, w), p, ctx);
}
R cuGraphExecMemcpyNodeSetParams(void *e, struct Work *w, struct MemcpyParams *p, void *ctx) {
    return copy(of(e, w), p, ctx);
}

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
