package dev.gradine.models;

import dev.gradine.io.Checkpoint;
import dev.gradine.nn.Weights;
import dev.gradine.nn.Weights.Tie;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Set;

/// The weights of a checkpoint, and which of them are one: an embedding and a head that the configuration ties are one
/// weight if one of the two is stored, or both alike. Two that differ are both used, as transformers 5 does.
final class StoredWeights implements Weights.Source {

    private final Checkpoint checkpoint;
    private final MissingTensors missing;
    private final Set<String> used;
    private final Arena arena;
    private String apart = "";

    /// @param used gets the names that were asked for
    /// @param arena where stands what is missing
    StoredWeights(Checkpoint checkpoint, MissingTensors missing, Set<String> used, Arena arena) {
        this.checkpoint = checkpoint;
        this.missing = missing;
        this.used = used;
        this.arena = arena;
    }

    @Override
    public Tensor tensor(String name, Shape expected) {
        if (!checkpoint.has(name)) return missing.standIn(name, expected, arena);
        used.add(name);
        return checkpoint.tensor(name);
    }

    @Override
    public boolean has(String name) {
        return checkpoint.has(name);
    }

    @Override
    public Tie tie(String embedding, String head) {
        if (!checkpoint.has(head)) return Tie.EMBEDDING;
        if (!checkpoint.has(embedding)) return Tie.HEAD;
        if (checkpoint.tensor(embedding).isSameAs(checkpoint.tensor(head))) return Tie.EMBEDDING;
        apart = "%s and %s differ although tie_word_embeddings says that they are one: both are used"
                .formatted(embedding, head);
        return Tie.APART;
    }

    /// A line about two weights that the configuration calls one; empty if there are none.
    String apart() {
        return apart;
    }
}
