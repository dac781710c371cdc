package dev.gradine.cuda.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// In which order the warps of a block run, and the blocks of a launch.
///
/// @param isRandom whether a warp may lose its turn after any access to memory, to one drawn by chance; else each runs
///     until it has to wait
/// @param seed of the draws
public record Schedule(boolean isRandom, long seed) {

    /// One warp after the other.
    public static Schedule inTurn() {
        return new Schedule(false, 0);
    }

    /// In which order the blocks run: drawn by chance too, or empty for the order of their numbers.
    int[] blocks(int count) {
        if (!isRandom) return new int[0];
        List<Integer> order = new ArrayList<>(count);
        for (int i = 0; i < count; i++) order.add(i);
        Collections.shuffle(order, new Random(seed));
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    /// By chance, the same for the same seed.
    public static Schedule random(long seed) {
        return new Schedule(true, seed);
    }
}
