package dev.gradine.gpu;

import java.util.ArrayList;
import java.util.List;

/// The recording of a device that has no better one: operations are started one after the other.
final class Replay implements Recording {

    private final Gpu gpu;
    private final List<Operation> operations;

    Replay(Gpu gpu, List<Operation> operations) {
        this.gpu = gpu;
        this.operations = new ArrayList<>(operations);
    }

    @Override
    public void set(int index, Operation operation) {
        operations.set(index, operation);
    }

    @Override
    public void launch() {
        operations.forEach(o -> o.start(gpu));
    }

    @Override
    public void close() {
        operations.clear();
    }
}
