package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Finds the prompt that `chosen` and `rejected` share at their start.
///
/// Conversations: the equal turns; where one conversation begins the other, or both are equal, the last shared turn
/// stays with the answers. Transcripts in Anthropic's form (`\n\nHuman: … \n\nAssistant: …`): everything up
/// to the last shared `\n\nAssistant:`, turned into a conversation. Plain strings: the equal characters, as TRL's
/// `extract_prompt`: a space before the first difference belongs to the answers, and of two strings of which one
/// begins the other the last shared character stays with the answers; beyond TRL, a surrogate pair is never cut.
final class ImplicitPrompt {
    private static final String HUMAN = "\n\nHuman:";
    private static final String ASSISTANT = "\n\nAssistant:";

    private ImplicitPrompt() {}

    static Row.Preference split(Passage chosen, Passage rejected, Map<String, Object> variables) {
        if (chosen instanceof Passage.Turns c && rejected instanceof Passage.Turns r) {
            return turns(c.messages(), r.messages(), variables);
        }
        if (chosen instanceof Passage.Text c && rejected instanceof Passage.Text r) {
            boolean transcript = c.text().startsWith(HUMAN) && r.text().startsWith(HUMAN);
            return transcript ? transcript(c.text(), r.text(), variables) : text(c.text(), r.text(), variables);
        }
        throw new DataException("field rejected is " + (rejected instanceof Passage.Text ? "a string" : "a list")
                + ", expected what field chosen is");
    }

    private static Row.Preference turns(List<Message> chosen, List<Message> rejected, Map<String, Object> variables) {
        int n = 0;
        while (n < Math.min(chosen.size(), rejected.size()) && chosen.get(n).equals(rejected.get(n))) n++;
        n = Math.min(n, Math.min(chosen.size(), rejected.size()) - 1);
        return new Row.Preference(
                new Passage.Turns(chosen.subList(0, n)),
                new Passage.Turns(chosen.subList(n, chosen.size())),
                new Passage.Turns(rejected.subList(n, rejected.size())),
                variables);
    }

    private static Row.Preference text(String chosen, String rejected, Map<String, Object> variables) {
        int shorter = Math.min(chosen.length(), rejected.length());
        if (shorter == 0) {
            throw new DataException("field " + (chosen.isEmpty() ? "chosen" : "rejected") + " is empty, expected text");
        }
        int n = shared(chosen, rejected);
        if (n == shorter) n--;
        else if (n > 0 && chosen.charAt(n - 1) == ' ') n--;
        if (n > 0 && Character.isHighSurrogate(chosen.charAt(n - 1))) n--;
        return new Row.Preference(
                new Passage.Text(chosen.substring(0, n)),
                new Passage.Text(chosen.substring(n)),
                new Passage.Text(rejected.substring(n)),
                variables);
    }

    private static int shared(String a, String b) {
        int n = 0;
        while (n < Math.min(a.length(), b.length()) && a.charAt(n) == b.charAt(n)) n++;
        return n;
    }

    private static Row.Preference transcript(String chosen, String rejected, Map<String, Object> variables) {
        int at = chosen.substring(0, shared(chosen, rejected)).lastIndexOf(ASSISTANT);
        if (at < 0) {
            throw new DataException("fields chosen and rejected share no '\\n\\nAssistant:', expected a common prompt");
        }
        return new Row.Preference(
                new Passage.Turns(turns(chosen.substring(0, at))),
                new Passage.Turns(turns(chosen.substring(at))),
                new Passage.Turns(turns(rejected.substring(at))),
                variables);
    }

    /// The turns of a transcript; white space around each is the transcript's, not the speaker's.
    private static List<Message> turns(String transcript) {
        List<Message> out = new ArrayList<>();
        int at = 0;
        while (at < transcript.length()) {
            boolean human = transcript.startsWith(HUMAN, at);
            int from = at + (human ? HUMAN : ASSISTANT).length();
            at = next(transcript, from);
            out.add(new Message(
                    human ? "user" : "assistant", transcript.substring(from, at).strip()));
        }
        return out;
    }

    private static int next(String transcript, int from) {
        int human = transcript.indexOf(HUMAN, from);
        int assistant = transcript.indexOf(ASSISTANT, from);
        int end = transcript.length();
        return Math.min(human < 0 ? end : human, assistant < 0 ? end : assistant);
    }
}
