package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// Reads whole numbers, I64 or I32, from a safetensors file: `input_ids [B,T]`, and what else is said of each token.
public final class TokenFile {

    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TokenFile() {}

    /// The B rows of T token ids.
    ///
    /// @throws CheckpointException if the tensor is missing, empty, of another type or no matrix
    public static int[][] read(Path file) {
        return read(file, "input_ids");
    }

    /// B rows of T numbers, none of them negative.
    ///
    /// @throws CheckpointException if the tensor is missing, empty, of another type or no matrix
    public static int[][] read(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Safetensors.open(file, arena).tensor(name);
            if (!isWhole(t) || t.shape().rank() != 2 || t.size() == 0) {
                throw new CheckpointException(file, name + " is " + t + ", expected I64 or I32 [B,T], not empty");
            }
            int columns = t.shape().dim(1);
            int[] all = numbers(file, name, t);
            int[][] rows = new int[t.shape().dim(0)][columns];
            for (int i = 0; i < all.length; i++) {
                if (all[i] < 0) throw unfit(file, name, all[i]);
                rows[i / columns][i % columns] = all[i];
            }
            return rows;
        }
    }

    /// All numbers of a tensor of any shape, which may be negative, one row behind the other.
    ///
    /// @throws CheckpointException if the tensor is missing, of another type, or a number has more than 32 bits
    public static int[] numbers(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Safetensors.open(file, arena).tensor(name);
            if (isWhole(t)) return numbers(file, name, t);
            throw new CheckpointException(file, name + " is " + t + ", expected I64 or I32");
        }
    }

    private static boolean isWhole(Tensor t) {
        return t.dtype() == DType.I64 || t.dtype() == DType.I32;
    }

    private static int[] numbers(Path file, String name, Tensor t) {
        int[] all = new int[t.size()];
        for (int i = 0; i < all.length; i++) {
            long n = t.dtype() == DType.I64
                    ? t.data().getAtIndex(I64, i)
                    : t.data().getAtIndex(I32, i);
            if (n != (int) n) throw unfit(file, name, n);
            all[i] = (int) n;
        }
        return all;
    }

    private static CheckpointException unfit(Path file, String name, long number) {
        return new CheckpointException(
                file,
                "%s has %d, expected %s"
                        .formatted(name, number, name.equals("input_ids") ? "token ids" : "whole numbers of 32 bits"));
    }

    /// Whether a file has a tensor of that name.
    public static boolean has(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return Safetensors.open(file, arena).names().contains(name);
        }
    }
}
