package dev.gradine.nn;

import dev.gradine.tensor.Shape;

/// Shapes of the tiny model's weights by the ends of their names.
final class Shapes {

    private Shapes() {}

    static Shape of(String name) {
        String module = name.replaceFirst("\\.(weight|bias)$", "");
        Shape weight = switch (module.substring(module.lastIndexOf('.') + 1)) {
            case "embed_tokens", "lm_head" -> Shape.of(37, 24);
            case "q_proj", "o_proj" -> Shape.of(24, 24);
            case "k_proj", "v_proj" -> Shape.of(12, 24);
            case "gate_proj", "up_proj" -> Shape.of(40, 24);
            case "down_proj" -> Shape.of(24, 40);
            case "norm", "input_layernorm", "post_attention_layernorm" -> Shape.of(24);
            default -> throw new IllegalArgumentException("no weight " + name);
        };
        return name.endsWith(".bias") ? Shape.of(weight.dim(0)) : weight;
    }
}
