package dev.gradine.train.preview;

import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.chat.Message;
import java.util.List;
import java.util.stream.Collectors;

/// What stands in a row, for people: fields and turns under their names.
final class Written {

    private Written() {}

    static String of(Row row) {
        return switch (row) {
            case Row.Text t -> field("text", t.text()) + label(t);
            case Row.TextPair p -> field("text", p.text()) + field("text_pair", p.pair()) + label(p);
            case Row.Chat c -> turns(c.messages());
            case Row.Completion c -> passage("prompt", c.prompt()) + passage("completion", c.completion());
            case Row.Preference p ->
                passage("prompt", p.prompt()) + passage("chosen", p.chosen()) + passage("rejected", p.rejected());
            case Row.Judged j ->
                passage("prompt", j.prompt())
                        + passage("completion", j.completion())
                        + field("label", String.valueOf(j.desirable()));
            case Row.Prompt p ->
                passage("prompt", p.prompt())
                        + p.given().stream()
                                .map(g -> field("completion worth " + g.reward(), g.text()))
                                .collect(Collectors.joining());
            case Row.Tokens t -> field("input_ids", t.ids().length + " tokens");
        };
    }

    private static String label(Row row) {
        return row.label().stream().map(l -> field("label", l.toString())).collect(Collectors.joining());
    }

    private static String passage(String name, Passage p) {
        return switch (p) {
            case Passage.Text t -> field(name, t.text());
            case Passage.Turns t -> name + "\n" + turns(t.messages()).indent(2);
        };
    }

    private static String turns(List<Message> messages) {
        return messages.stream().map(m -> field(m.role(), m.content())).collect(Collectors.joining());
    }

    private static String field(String name, String text) {
        return name + ": " + text + "\n";
    }
}
