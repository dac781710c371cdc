package dev.gradine.tensor.memory;

import java.util.Map;
import java.util.TreeMap;

/// Addresses without memory behind them.
final class Bytes implements RawMemory {

    private final boolean checksBounds;
    private final Map<Long, Long> live = new TreeMap<>(); // address → bytes
    private long next = 1 << 20;

    Bytes(boolean checksBounds) {
        this.checksBounds = checksBounds;
    }

    Map<Long, Long> live() {
        return live;
    }

    @Override
    public long allocate(long bytes) {
        long address = next;
        next += (bytes + 255) & -256;
        live.put(address, bytes);
        return address;
    }

    @Override
    public void free(long address) {
        live.remove(address);
    }

    @Override
    public void forget(long address, long bytes) {
        // nothing is there
    }

    @Override
    public boolean checksBounds() {
        return checksBounds;
    }

    @Override
    public void close() {
        live.clear();
    }
}
