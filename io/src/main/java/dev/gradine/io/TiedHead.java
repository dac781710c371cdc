package dev.gradine.io;

import java.lang.foreign.MemorySegment;

/// Whether a file's head is its embedding.
final class TiedHead {

    private TiedHead() {}

    /// Whether the file has no output weights of its own, or a copy of the embedding.
    static boolean isTied(WeightFile file, String embedding) {
        if (!file.names().contains("output.weight")) return true;
        TensorInfo e = info(file, embedding);
        TensorInfo o = info(file, "output.weight");
        if (!e.dtype().equals(o.dtype()) || !e.shape().equals(o.shape())) return false;
        MemorySegment a = file.tensor(embedding).data();
        return a.mismatch(file.tensor("output.weight").data()) < 0;
    }

    private static TensorInfo info(WeightFile file, String name) {
        for (TensorInfo t : file.tensors()) if (t.name().equals(name)) return t;
        throw new CheckpointException(file.path(), "no tensor " + name);
    }
}
