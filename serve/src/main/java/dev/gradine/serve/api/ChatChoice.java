package dev.gradine.serve.api;

import dev.gradine.nn.generate.DrawnToken;
import java.util.ArrayList;
import java.util.List;

/// One of the answers to a chat while it is written.
final class ChatChoice {

    final int index;
    final ToolText tools;
    private String reason = "";
    private List<DrawnToken> tokens = new ArrayList<>();

    ChatChoice(int index, ToolSet tools) {
        this.index = index;
        this.tools = new ToolText(tools);
    }

    /// Takes the news of it, and gives what may be shown.
    String take(News news) {
        return switch (news) {
            case News.Known _, News.Read _, News.Ended _, News.Failed _ -> "";
            case News.Piece p -> {
                tokens.add(p.token());
                yield tools.take(p.shown());
            }
            case News.Over over -> {
                String rest = tools.take(over.shown()) + tools.finish();
                boolean isCall = over.reason().equals("stop") && !tools.calls().isEmpty();
                reason = isCall ? "tool_calls" : over.reason();
                yield rest;
            }
        };
    }

    /// Why it is over; empty while it is not.
    String reason() {
        return reason;
    }

    /// Tokens since this was asked last.
    List<DrawnToken> takeTokens() {
        List<DrawnToken> taken = tokens;
        tokens = new ArrayList<>();
        return taken;
    }
}
