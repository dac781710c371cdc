package dev.gradine.cuda.sim;

import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import java.util.Arrays;
import java.util.List;

/// Sizes, box and first coordinates along dimensions, the one of neighbours first.
@SuppressWarnings("ArrayRecordComponent") // never compared
record BoxShape(DType type, int swizzle, List<Long> sizes, List<Integer> box, int... first) {

    int bytes() {
        return type == DType.BF16 ? 2 : 4;
    }

    /// Bytes of a tensor's row, a multiple of 16.
    long pitch() {
        return Math.ceilDiv(sizes.getFirst() * bytes(), 16) * 16;
    }

    TensorMap map(long address) {
        Long[] strides = new Long[sizes.size() - 1];
        long stride = pitch();
        for (int d = 0; d < strides.length; d++) {
            strides[d] = stride;
            stride *= sizes.get(d + 1);
        }
        return new TensorMap(address, type, sizes, List.of(strides), box, swizzle);
    }

    int tensorBytes() {
        long bytes = pitch();
        for (long s : sizes.subList(1, sizes.size())) bytes *= s;
        return (int) bytes;
    }

    int boxBytes() {
        return box.stream().reduce(bytes(), (x, y) -> x * y);
    }

    /// Where in the tensor the value lies that is number `i` of the box, in bytes; -1 outside.
    int inTensor(int i) {
        long at = 0;
        long stride = bytes();
        int rest = i;
        for (int d = 0; d < box.size(); d++) {
            long x = first[d] + (long) (rest % box.get(d));
            if (x < 0 || x >= sizes.get(d)) return -1;
            at += x * stride;
            stride = d == 0 ? pitch() : stride * sizes.get(d);
            rest /= box.get(d);
        }
        return (int) at;
    }

    /// Where in shared memory, by the tables of PTX ISA 9.1: pieces of 16 bytes in rows of 128.
    int inShared(int i) {
        int at = i * bytes();
        int row = at / 128;
        int piece = at / 16 % 8;
        int changed = switch (swizzle) {
            case 128 -> piece ^ (row % 8);
            case 64 -> piece ^ (row % 4);
            case 32 -> piece ^ (row % 2);
            default -> piece;
        };
        return row * 128 + changed * 16 + at % 16;
    }

    /// From numbers with spaces between them.
    static BoxShape of(DType type, int swizzle, String sizes, String box, String first) {
        return new BoxShape(
                type,
                swizzle,
                Arrays.stream(sizes.split(" ")).map(Long::valueOf).toList(),
                Arrays.stream(box.split(" ")).map(Integer::valueOf).toList(),
                Arrays.stream(first.split(" ")).mapToInt(Integer::parseInt).toArray());
    }
}
