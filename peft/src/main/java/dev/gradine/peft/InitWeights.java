package dev.gradine.peft;

/// PEFT's `init_weights` of methods that know two ways to begin.
public enum InitWeights implements PeftValue {
    /// The method's usual way, after which a layer computes what it did before, if that is possible.
    TRUE,
    /// All values random: the model computes something else from the start.
    FALSE;

    @Override
    public Object peft() {
        return this == TRUE;
    }
}
