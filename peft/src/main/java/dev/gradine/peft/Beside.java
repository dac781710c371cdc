package dev.gradine.peft;

/// Parts of the base that are trained beside the adapters.
///
/// @param bias which biases: `none`, `all`, or those of the layers adapted, PEFT's `lora_only`, `boft_only` and so on
/// @param tokens of which embeddings have trained rows
public record Beside(String bias, TokenIndices tokens) {

    /// Nothing.
    public static final Beside NOTHING = new Beside(Selection.NO_BIAS, TokenIndices.NONE);

    /// @throws AdapterException if the word for biases is none
    public Beside {
        if (!Selection.isBias(bias)) {
            throw new AdapterException("bias: is %s, expected %s".formatted(bias, Selection.BIASES));
        }
    }
}
