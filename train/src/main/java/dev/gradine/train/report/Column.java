package dev.gradine.train.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.DoubleStream;

/// One metric over the steps at which it was logged, in the order of the log.
public final class Column {

    private static final int FIRST_ROOM = 64;

    private long[] steps = new long[FIRST_ROOM];
    private double[] values = new double[FIRST_ROOM];
    private int size;

    Column() {}

    void add(long step, double value) {
        if (size == steps.length) {
            steps = Arrays.copyOf(steps, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
        }
        steps[size] = step;
        values[size++] = value;
    }

    /// Number of its values.
    public int size() {
        return size;
    }

    /// Step of value `i`.
    public long step(int i) {
        return steps[i];
    }

    /// Value `i`.
    public double value(int i) {
        return values[i];
    }

    DoubleStream values() {
        return Arrays.stream(values, 0, size);
    }

    /// How many of its values were logged before `step`.
    public int before(long step) {
        int n = size;
        while (n > 0 && steps[n - 1] >= step) n--; // those asked for are at the end
        return n;
    }

    /// The values from number `from` on: their steps, then themselves.
    public List<List<Number>> from(int from) {
        List<Integer> all = new ArrayList<>();
        for (int i = from; i < size; i++) all.add(i);
        return at(all);
    }

    /// The same shape with at most `most` values: of each stretch the lowest and the highest, and the last
    /// of all, so that no peak is lost.
    ///
    /// @param most at least 4
    public List<List<Number>> thinned(int most) {
        if (size <= most) return from(0);
        int stretches = most / 2 - 1;
        TreeSet<Integer> kept = new TreeSet<>(List.of(0, size - 1));
        for (int s = 0; s < stretches; s++) {
            int from = (int) ((long) size * s / stretches);
            int to = (int) ((long) size * (s + 1) / stretches);
            int low = from;
            int high = from;
            for (int i = from; i < to; i++) {
                if (values[i] < values[low]) low = i;
                if (values[i] > values[high]) high = i;
            }
            kept.add(low);
            kept.add(high);
        }
        return at(kept);
    }

    private List<List<Number>> at(Iterable<Integer> places) {
        List<Number> x = new ArrayList<>();
        List<Number> y = new ArrayList<>();
        for (int i : places) {
            x.add(steps[i]);
            y.add(values[i]);
        }
        return List.of(x, y);
    }
}
