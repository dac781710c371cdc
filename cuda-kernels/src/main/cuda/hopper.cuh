// The instructions that only Hopper has (sm_90a): barriers in shared memory that count bytes, tensors that travel to
// shared memory by themselves, and products of a warpgroup (four warps, the first a multiple of four).
//
// A tile in shared memory as both copies and products take it, with the 128-byte swizzle: rows of 64 bf16 = 128 bytes,
// eight pieces of 16 bytes each; piece p of row r lies at p ^ (r % 8). Tiles begin at multiples of 1024 bytes. A row
// is a row of the operand (k along rows) or one k (k across rows: the operand lies transposed in memory).
#pragma once

#include "mma.cuh"

// What the host has written about a tensor in global memory: size, pitch, box, swizzle. A parameter of a kernel, as
// const __grid_constant__ TensorMap: copies read it where it lies.
struct __align__(64) TensorMap {
    char opaque[128];
};

// ---- Barriers: 8 bytes of shared memory, by address. A phase ends when all arrivals and all bytes are there. Phase
// ---- 0, 2, 4 ... has parity 0; waiting for parity 1 of a new barrier returns at once.

__device__ inline void barrier_init(unsigned barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ inline void barrier_arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

// Arrives, and says how many bytes will come in this phase.
__device__ inline void barrier_expect(unsigned barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

// Waits until the phase of this parity has ended.
__device__ inline void barrier_wait(unsigned barrier, int parity) {
    int over;
    do {
        asm volatile(
            "{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.b32 %0, 1, 0, p; }"
            : "=r"(over)
            : "r"(barrier), "r"(parity)
            : "memory");
    } while (!over);
}

// A barrier among `threads` threads, a multiple of 32; 0 is __syncthreads.
__device__ inline void named_barrier(int id, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// What this thread wrote to shared memory becomes visible to copies and products: before a barrier with those who
// start them.
__device__ inline void fence_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// ---- Copies of a box of a tensor: one thread asks, for all. Coordinates are in values, the innermost first; what
// ---- lies outside the tensor is zero and counts as bytes, and is not written.

__device__ inline void tensor_load(unsigned to, const TensorMap& from, unsigned barrier, int x, int y) {
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
        :
        : "r"(to), "l"(&from), "r"(barrier), "r"(x), "r"(y)
        : "memory");
}

__device__ inline void tensor_load(unsigned to, const TensorMap& from, unsigned barrier, int x, int y, int z) {
    asm volatile(
        "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
        :
        : "r"(to), "l"(&from), "r"(barrier), "r"(x), "r"(y), "r"(z)
        : "memory");
}

__device__ inline void tensor_store(const TensorMap& to, unsigned from, int x, int y) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(&to), "r"(from),
                 "r"(x), "r"(y)
                 : "memory");
}

__device__ inline void tensor_store(const TensorMap& to, unsigned from, int x, int y, int z) {
    asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(&to),
                 "r"(from), "r"(x), "r"(y), "r"(z)
                 : "memory");
}

__device__ inline void commit_stores() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

// Waits until at most the N youngest groups of this thread's stores still read shared memory.
template <int N>
__device__ inline void wait_for_stores() {
    asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(N) : "memory");
}

// ---- Registers of a warpgroup: a multiple of 8 up to 256. All its threads ask.

template <int N>
__device__ inline void take_registers() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
}

template <int N>
__device__ inline void give_registers() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
}

// ---- Products of a warpgroup: d[64][N] (+)= a[64][16] b[16][N], N twice the floats of d. Thread 32 w + 4 g + t
// ---- holds of d rows 16 w + g (floats 4 j, 4 j + 1) and that + 8 (4 j + 2, 4 j + 3), columns 8 j + 2 t and the
// ---- next; of a, if in registers, the same rows: {2 t of row g, of row g + 8, 8 + 2 t of row g, of row g + 8}.

// An operand in shared memory. k along rows: eight rows and the next eight are `eight` bytes apart, `across` is
// not used. k across rows: eight k and the next are `eight` bytes apart, 64 rows and the next `across`.
__device__ inline unsigned long long operand(unsigned at, unsigned across = 0, unsigned eight = 1024) {
    const unsigned long long swizzle128 = 1ull << 62;
    return swizzle128 | (unsigned long long)(eight >> 4) << 32 | (across >> 4) << 16 | (at & 0x3ffff) >> 4;
}

// The same operand 16 k further on: 32 bytes of a row, or 16 rows.
template <bool K_LAST>
__device__ inline unsigned long long next_k(unsigned long long operand, int steps = 1) {
    return operand + steps * (K_LAST ? 32 >> 4 : 2048 >> 4);
}

// Before the first product, and after other instructions have touched d or an a in registers.
__device__ inline void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

__device__ inline void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Waits until at most the N youngest groups of products are under way.
template <int N>
__device__ inline void wgmma_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}

// Keeps the compiler from moving uses of d, or of an a in registers, across this place: products write and read them
// while other instructions run, of which it knows nothing.
template <int COUNT>
__device__ inline void pin(float (&d)[COUNT]) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) asm volatile("" : "+f"(d[i])::"memory");
}

template <int COUNT>
__device__ inline void pin(unsigned (&a)[COUNT]) {
#pragma unroll
    for (int i = 0; i < COUNT; i++) asm volatile("" : "+r"(a[i])::"memory");
}

#define REGISTERS_32 \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15" \
    ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define REGISTERS_64 REGISTERS_32 \
    ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47" \
    ", %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define REGISTERS_128 REGISTERS_64 \
    ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79" \
    ", %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95" \
    ", %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111" \
    ", %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"

#define FLOATS_8(d, i) \
    "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), \
        "+f"(d[i + 7])
#define FLOATS_32(d, i) FLOATS_8(d, i), FLOATS_8(d, i + 8), FLOATS_8(d, i + 16), FLOATS_8(d, i + 24)
#define FLOATS_64(d, i) FLOATS_32(d, i), FLOATS_32(d, i + 32)
#define FLOATS_128(d, i) FLOATS_64(d, i), FLOATS_64(d, i + 64)

// p0 ... p6 are the numbers of the registers behind those of d.
#define WGMMA(n, floats, p0, p1, p2, p3, p4, p5, p6)                                                                \
    template <bool A_K_LAST, bool B_K_LAST>                                                                        \
    __device__ inline void wgmma(float (&d)[floats], unsigned long long a, unsigned long long b, bool add) {       \
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %" #p2 ", 0; wgmma.mma_async.sync.aligned.m64n" #n            \
                     "k16.f32.bf16.bf16 {" REGISTERS_##floats "}, %" #p0 ", %" #p1 ", p, 1, 1, %" #p3 ", %" #p4    \
                     "; }"                                                                                         \
                     : FLOATS_##floats(d, 0)                                                                       \
                     : "l"(a), "l"(b), "r"((int)add), "n"(!A_K_LAST), "n"(!B_K_LAST));                             \
    }                                                                                                              \
    template <bool B_K_LAST>                                                                                       \
    __device__ inline void wgmma(                                                                                  \
        float (&d)[floats], const unsigned (&a)[4], unsigned long long b, bool add) {                              \
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %" #p5 ", 0; wgmma.mma_async.sync.aligned.m64n" #n            \
                     "k16.f32.bf16.bf16 {" REGISTERS_##floats "}, {%" #p0 ", %" #p1 ", %" #p2 ", %" #p3 "}, %" #p4 \
                     ", p, 1, 1, %" #p6 "; }"                                                                      \
                     : FLOATS_##floats(d, 0)                                                                       \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"((int)add), "n"(!B_K_LAST));         \
    }

WGMMA(64, 32, 32, 33, 34, 35, 36, 37, 38)
WGMMA(128, 64, 64, 65, 66, 67, 68, 69, 70)
WGMMA(256, 128, 128, 129, 130, 131, 132, 133, 134)
