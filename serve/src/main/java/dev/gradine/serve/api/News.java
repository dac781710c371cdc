package dev.gradine.serve.api;

import dev.gradine.nn.generate.DrawnToken;
import java.util.List;

/// What happened to a text, in the order in which it happened.
sealed interface News {

    /// Number of the text among those of the request.
    int text();

    /// The beginning of its prompt had been read for an earlier request.
    record Known(int text, int tokens) implements News {}

    /// The prompt was read, of this text and those behind it that share it.
    ///
    /// @param tokens of the prompt
    record Read(int text, List<DrawnToken> tokens) implements News {}

    /// A token was written.
    ///
    /// @param shown what may be shown by now; empty while a character is unfinished, or might begin a stop
    ///     string
    record Piece(int text, String shown, DrawnToken token) implements News {}

    /// A token was drawn that ends it, of which it is told as of others; none of it is shown.
    record Ended(int text, DrawnToken token) implements News {}

    /// It is over.
    ///
    /// @param shown what was held back
    /// @param reason as `finish_reason` names it; empty if the server, not the text, came to an end
    record Over(int text, String shown, String reason) implements News {}

    /// The model failed over the prompt of this text.
    record Failed(int text, RuntimeException why) implements News {}
}
