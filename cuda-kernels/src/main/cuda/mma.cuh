// Tensor cores and asynchronous copies, by the PTX instructions of sm_80.
//
// Fragments of mma.m16n8k16, lane = 4 g + t: A holds rows g and g + 8, columns 2t, 2t + 1 and those + 8; B the same
// of its transpose; C rows g and g + 8, columns 2t, 2t + 1. ldmatrix fills four 8 x 8 matrices of them at once:
// lane 8i + j gives the address of row j of matrix i.
#pragma once

__device__ inline unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }

// Starts to copy 16 bytes, of which only the first `bytes` are read; the others become zero.
__device__ inline void copy_async(unsigned to, const void* from, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes));
}

__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;"); }

// Waits until at most the N youngest groups of this thread are under way.
template <int N>
__device__ inline void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N));
}

__device__ inline void load_matrices(unsigned (&x)[4], unsigned from) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "r"(from));
}

__device__ inline void load_transposed(unsigned (&x)[4], unsigned from) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                 : "r"(from));
}

// c += a b
__device__ inline void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
