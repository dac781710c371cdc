package dev.gradine.data.encode;

/// Which tokens of an example are learnt.
public enum LossMask {
    /// The answer where the row has a prompt, else every token.
    AUTO,
    /// Every token.
    ALL,
    /// The answer of a row with a prompt.
    COMPLETION,
    /// Every assistant turn of a conversation, in rows with a prompt those of the answer: its content and the token
    /// that ends the turn.
    ASSISTANT
}
