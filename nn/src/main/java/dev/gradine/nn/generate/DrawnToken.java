package dev.gradine.nn.generate;

import java.util.List;

/// A token of a text.
///
/// @param id the token
/// @param logProb its log-probability by the model's own distribution, before temperature and changes; NaN where the
///     rule asks for none, and of the first token of a prompt
/// @param likeliest the likeliest tokens in its place, by falling log-probability, as many as the rule asks for
public record DrawnToken(int id, float logProb, List<Likely> likeliest) {

    /// A token that might have stood there.
    ///
    /// @param id the token
    /// @param logProb its log-probability
    public record Likely(int id, float logProb) {}

    /// A token of which nothing but the id is told.
    static DrawnToken of(int id) {
        return new DrawnToken(id, Float.NaN, List.of());
    }
}
