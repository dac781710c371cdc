package dev.gradine.data.jinja;

import java.util.AbstractList;
import java.util.RandomAccess;

/// `range(start, stop, step)`: takes no memory, whatever its size.
final class Range extends AbstractList<Object> implements RandomAccess {
    private final long start;
    private final long step;
    private final int size;

    Range(long start, long step, int size) {
        this.start = start;
        this.step = step;
        this.size = size;
    }

    @Override
    public Object get(int i) {
        return start + i * step;
    }

    @Override
    public int size() {
        return size;
    }
}
