package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Turns JSON values into rows. The first value decides the format, which all others must then have.
final class RowParser {
    private Format format = Format.STRING;
    private boolean decided;

    Row parse(JsonNode value) {
        if (!decided) format = value.isString() ? Format.STRING : Format.of(columns(value));
        decided = true;
        if (format == Format.STRING) {
            if (!value.isString()) throw RowFields.unexpected("value", value, "a string (as the first row is)");
            return new Row.Text(value.asString());
        }
        Set<String> columns = columns(value);
        for (String c : format.columns()) {
            if (!columns.contains(c)) {
                throw new DataException("field " + c + " is missing, expected " + String.join(" + ", format.columns())
                        + " (as in the first row)");
            }
        }
        return row(new RowFields(value));
    }

    private static Set<String> columns(JsonNode value) {
        if (!value.isObject()) throw RowFields.unexpected("value", value, "an object");
        Set<String> out = new LinkedHashSet<>();
        for (var e : value.properties()) out.add(e.getKey());
        return out;
    }

    private Row row(RowFields f) {
        return switch (format) {
            case STRING, TEXT -> new Row.Text(f.string("text"));
            case TOKENS -> tokens(f);
            case MESSAGES -> new Row.Chat(f.messages("messages"), f.variables());
            case CONVERSATIONS -> new Row.Chat(f.messages("conversations"), f.variables());
            case JUDGED -> judged(f);
            case COMPLETION -> completion(f);
            case INSTRUCTION -> new Row.Completion(instruction(f), assistant(f.string("output")), f.variables());
            case PREFERENCE -> preference(f);
            case INSTRUCTION_PREFERENCE ->
                new Row.Preference(
                        instruction(f), assistant(f.string("chosen")), assistant(f.string("rejected")), f.variables());
            case IMPLICIT_PREFERENCE -> ImplicitPrompt.split(f.passage("chosen"), f.passage("rejected"), f.variables());
        };
    }

    private static Row tokens(RowFields f) {
        int[] ids = f.integers("input_ids");
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0) {
                throw new DataException("field input_ids[" + i + "] is " + ids[i] + ", expected a token id >= 0");
            }
        }
        if (ids.length == 0) throw new DataException("field input_ids is empty, expected at least one token");
        return new Row.Tokens(ids, f.has("labels") ? f.integers("labels") : ids);
    }

    private static Row judged(RowFields f) {
        Row.Completion c = answer(f);
        return new Row.Judged(c.prompt(), c.completion(), f.flag("label"), c.variables());
    }

    private static Row completion(RowFields f) {
        if (f.has("label")) {
            throw new DataException("field label is there, expected prompt + completion alone (as in the first row)");
        }
        return answer(f);
    }

    private static Row.Completion answer(RowFields f) {
        Passage prompt = f.passage("prompt");
        Passage completion = f.passage("completion");
        same("completion", completion, prompt);
        return new Row.Completion(prompt, completion, f.variables());
    }

    private static Row preference(RowFields f) {
        Passage prompt = f.passage("prompt");
        Passage chosen = f.passage("chosen");
        Passage rejected = f.passage("rejected");
        same("chosen", chosen, prompt);
        same("rejected", rejected, prompt);
        return new Row.Preference(prompt, chosen, rejected, f.variables());
    }

    private static void same(String field, Passage is, Passage prompt) {
        if (is.getClass() == prompt.getClass()) return;
        throw new DataException(
                "field " + field + " is " + kind(is) + ", expected " + kind(prompt) + " (as field prompt is)");
    }

    private static String kind(Passage p) {
        return p instanceof Passage.Text ? "a string" : "a list of messages";
    }

    /// An Alpaca row as a conversation: the user says the instruction, a blank line and the input, if there is one.
    private static Passage instruction(RowFields f) {
        String input = f.stringOrEmpty("input");
        String instruction = f.string("instruction");
        String user = input.isBlank() ? instruction : instruction + "\n\n" + input;
        String system = f.stringOrEmpty("system");
        Message question = new Message("user", user);
        return new Passage.Turns(
                system.isEmpty() ? List.of(question) : List.of(new Message("system", system), question));
    }

    private static Passage assistant(String text) {
        return new Passage.Turns(List.of(new Message("assistant", text)));
    }
}
