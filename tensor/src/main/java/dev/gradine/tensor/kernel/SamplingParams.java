package dev.gradine.tensor.kernel;

/// How a token is drawn.
///
/// @param temperature 0 for the likeliest token, always; 1 for the model's own distribution
/// @param topK how many tokens may be drawn; 0 for all
/// @param topP sum of probabilities that may be drawn, in (0, 1]
/// @param minP share of the likeliest token's probability that a token must have to be drawn, in [0, 1); 0 for none
public record SamplingParams(double temperature, int topK, double topP, double minP) {

    /// The likeliest token, always.
    public static final SamplingParams GREEDY = new SamplingParams(0, 0, 1);

    /// Without `minP`.
    public SamplingParams(double temperature, int topK, double topP) {
        this(temperature, topK, topP, 0);
    }

    /// @throws IllegalArgumentException if a number is out of range
    public SamplingParams {
        require("temperature", temperature, temperature >= 0 && Double.isFinite(temperature), "at least 0");
        require("top-k", topK, topK >= 0, "at least 0 (0 for all)");
        require("top-p", topP, topP > 0 && topP <= 1, "above 0 and at most 1");
        require("min-p", minP, minP >= 0 && minP < 1, "at least 0 and below 1");
    }

    private static void require(String name, Object value, boolean ok, String expected) {
        if (!ok) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }

    /// Whether the likeliest token is taken, and `u` is not read.
    public boolean isGreedy() {
        return temperature == 0;
    }

    /// Whether some tokens may not be drawn, so that they have to be in the order of their logits.
    public boolean cuts() {
        return topK > 0 || topP < 1 || minP > 0;
    }
}
