package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.nn.ModelConfig;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Functions of feed-forward layers, by the names that configurations have for them.
final class Activations {

    private static final Map<String, UnaryOperator<Var>> BY_NAME = Map.of(
            "gelu", Functions::geluErf,
            "gelu_new", Functions::geluTanh,
            "gelu_fast", Functions::geluTanh,
            "gelu_pytorch_tanh", Functions::geluTanh,
            "quick_gelu", Functions::quickGelu,
            "relu", Functions::relu,
            "relu2", x -> Functions.square(Functions.relu(x)),
            "silu", Functions::silu,
            "swish", Functions::silu);

    private Activations() {}

    /// The function that a key names.
    ///
    /// @param usual its name where the key is missing
    /// @throws dev.gradine.nn.ConfigException names those there are
    static UnaryOperator<Var> of(ModelConfig c, String key, String usual) {
        String name = c.oneOf(key, usual, BY_NAME.keySet().stream().sorted().toArray(String[]::new));
        UnaryOperator<Var> f = BY_NAME.get(name);
        if (f == null) throw new IllegalStateException(name);
        return f;
    }
}
