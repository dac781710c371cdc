package dev.gradine.nn.generate;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;

/// The passes of a batch: a piece of a prompt, or the last tokens of many texts.
final class BatchReading {

    static final int PIECE = 3 * PageMemory.UNIT; // tokens of a prompt read at once
    static final int TOGETHER = 2 * PIECE; // tokens of several prompts: weights are decoded once for all of them
    private static final int AGAIN = 16; // tokens of a text read at once where it was put off
    private static final int LOGITS = 64; // rows of logits held at once

    private final CausalLm model;
    private final Kernels k;
    private final KvCache cache;
    private final Mixing mixing;
    private Drafts drafts = new Drafts(0, 0);

    BatchReading(CausalLm model, Kernels k, KvCache cache, Mixing mixing) {
        this.model = model;
        this.k = k;
        this.cache = cache;
        this.mixing = mixing;
    }

    /// Tokens of the next piece of a prompt.
    int next(PromptGroup g) {
        int from = g.read();
        return Math.min(g.prompt().length, (from / PIECE + 1) * PIECE) - from;
    }

    /// Whether a prompt's next piece may be read beside others, whatever their adapters: it has the bits that it has
    /// alone where it has as many rows as from which products sum in one order.
    boolean isReadTogether(PromptGroup g) {
        return g.own == null && next(g) >= PageMemory.LEFT;
    }

    /// Reads the next piece of each of some prompts; behind its last, draws the first token of each of its texts.
    void readPrompts(List<PromptGroup> groups) {
        try (Kernels scratch = k.openStep()) {
            int[] read = groups.stream().mapToInt(PromptGroup::read).toArray();
            List<int[]> pieces = groups.stream()
                    .map(g -> Arrays.copyOfRange(g.prompt(), g.read(), g.read() + next(g)))
                    .toList();
            Tensor h = hidden(groups, pieces, scratch);
            List<PromptGroup> ended = new ArrayList<>();
            List<Integer> last = new ArrayList<>();
            int at = 0;
            for (int i = 0; i < pieces.size(); i++) {
                PromptGroup g = groups.get(i);
                int to = at + pieces.get(i).length;
                if (g.writing.rule().reports().prompt() && !g.isReported()) {
                    reportPrompt(scratch, g, h.rows(at, to), read[i]);
                }
                at = to;
                if (read[i] + pieces.get(i).length < g.prompt().length) continue;
                g.isRead = true;
                ended.add(g);
                last.add(at - 1);
            }
            first(scratch, h, ended, last);
        }
    }

    private Tensor hidden(List<PromptGroup> groups, List<int[]> pieces, Kernels scratch) {
        PromptGroup one = groups.getFirst();
        KvCache own = one.own;
        if (own != null) {
            Pass pass = Pass.continuing(Tape.noGrad(scratch), pieces.getFirst(), own);
            return model.hidden(pass.with(one.adapters)).value();
        }
        BatchTurn turn = new BatchTurn();
        for (int i = 0; i < pieces.size(); i++) {
            turn.add(groups.get(i).pages(), pieces.get(i), groups.get(i).adapters);
        }
        return read(scratch, turn);
    }

    /// What the layers make of the tokens of a turn, which are read then.
    Tensor read(Kernels rows, BatchTurn turn) {
        Tensor h = model.hidden(turn.pass(Tape.noGrad(rows), cache, mixing)).value();
        turn.advance();
        return h;
    }

    /// Draws the first token of each text, unless it has been drawn and the prompt is read again.
    ///
    /// @param last row of each prompt's last token
    private void first(Kernels scratch, Tensor h, List<PromptGroup> ended, List<Integer> last) {
        List<Drafted> drawing = new ArrayList<>();
        for (int i = 0; i < ended.size(); i++) {
            for (Answer a : ended.get(i).answers) {
                if (a.isOver || a.count > 0) continue;
                if (a.group.limit > 0) drawing.add(new Drafted(a, last.get(i), new int[0]));
                else a.end(Ending.of(Ending.Why.LENGTH));
            }
        }
        if (drawing.isEmpty()) return;
        try (Kernels rows = scratch.openStepByRow()) {
            draw(rows, h, drawing);
        }
    }

    /// @param each adapters of each row, or of all
    Tensor logits(Kernels rows, Tensor hidden, List<Adapters> each) {
        Tape tape = Tape.noGrad(rows);
        int n = hidden.shape().dim(0);
        List<int[]> single = Collections.nCopies(n, new int[1]);
        Pass pass = Pass.of(tape, TokenBatch.of(single)).with(each.size() == 1 ? each.getFirst() : mixing.of(each));
        return model.head().logits(tape.constant(hidden), pass).value();
    }

    private void reportPrompt(Kernels scratch, PromptGroup g, Tensor h, int from) {
        int n = h.shape().dim(0);
        for (int at = 0; at < n; at += LOGITS) {
            int to = Math.min(n, at + LOGITS);
            try (Kernels rows = scratch.openStep()) {
                Tensor logits = logits(rows, h.rows(at, to), List.of(g.adapters));
                for (int i = at; i < to; i++) g.report(from + i, rows.download(logits.rows(i - at, i - at + 1)));
            }
        }
    }

    /// The next tokens of each of `texts`, read in one pass: one, or several where a draft is right. A text
    /// that was put off has tokens to be read again, and gets none until it has been.
    void write(List<Answer> texts) {
        try (Kernels rows = k.openStepByRow()) {
            BatchTurn turn = new BatchTurn();
            List<Answer> order = ordered(texts);
            List<Drafted> drawing = new ArrayList<>();
            for (Answer a : order) {
                TextPages text = a.pages();
                int read = a.read();
                int room = text.capacity() - text.length;
                int to = Math.min(a.count, read + Math.min(AGAIN, room));
                int[] known = Arrays.copyOfRange(a.text, read, to);
                int[] guess = to < a.count ? new int[0] : guess(a, room - known.length);
                int from = turn.tokens() + known.length - 1;
                turn.add(text, joined(known, guess), a.group.adapters);
                if (to == a.count) drawing.add(new Drafted(a, from, guess));
            }
            Tensor h = read(rows, turn);
            if (!drawing.isEmpty()) draw(rows, h, drawing);
        }
    }

    /// A text, the row behind which its next token is drawn, and what was guessed of it, in the rows behind that.
    private static final class Drafted {
        final Answer text;
        final int row;
        final int[] guess;

        Drafted(Answer text, int row, int[] guess) {
            this.text = text;
            this.row = row;
            this.guess = guess;
        }
    }

    private int[] guess(Answer a, int room) {
        int most = Math.min(room, a.group.limit - a.count - 1);
        Draft draft = a.group.writing.rule().draft();
        if (most < 1 || draft.equals(Draft.NONE) || cache.isRecurrent()) return new int[0];
        int[] guess = draft.next(joined(a.group.prompt(), Arrays.copyOf(a.text, a.count)), most);
        return guess.length > most ? Arrays.copyOf(guess, most) : guess;
    }

    private static int[] joined(int[] first, int[] then) {
        int[] all = Arrays.copyOf(first, first.length + then.length);
        System.arraycopy(then, 0, all, first.length, then.length);
        return all;
    }

    /// Draws from rows of `h`, and behind each guess that is right.
    private void draw(Kernels rows, Tensor h, List<Drafted> drawing) {
        List<Integer> wanted = new ArrayList<>();
        List<Adapters> each = new ArrayList<>();
        for (Drafted d : drawing) {
            for (int i = 0; i <= d.guess.length; i++) {
                wanted.add(d.row + i);
                each.add(d.text.group.adapters);
            }
        }
        int[] at = wanted.stream().mapToInt(Integer::intValue).toArray();
        boolean isAll = Arrays.equals(at, IntStream.range(0, h.shape().dim(0)).toArray());
        Tensor hidden = isAll
                ? h
                : indexSelect(Tape.noGrad(rows).constant(h), rows.ofInts(at)).value();
        Tensor logits = logits(rows, hidden, each);
        if (at.length == drawing.size()) {
            TokenDraw.each(rows, logits, drawing.stream().map(d -> d.text).toList());
            return;
        }
        int row = 0;
        for (Drafted d : drawing) {
            checked(rows, logits.rows(row, row + d.guess.length + 1), d);
            row += d.guess.length + 1;
        }
    }

    /// Draws behind each guess that was right, and forgets those behind the first that was not.
    private void checked(Kernels rows, Tensor logits, Drafted d) {
        int right = 0;
        while (true) {
            TokenDraw.each(rows, logits.rows(right, right + 1), List.of(d.text));
            boolean goesOn =
                    right < d.guess.length && !d.text.isOver && d.text.text[d.text.count - 1] == d.guess[right];
            if (!goesOn) break;
            right++;
        }
        d.text.pages().length -= d.guess.length - right;
        drafts = new Drafts(drafts.guessed() + d.guess.length, drafts.right() + right);
    }

    Drafts drafts() {
        return drafts;
    }

    /// Texts with the same adapters beside each other.
    private static List<Answer> ordered(List<Answer> texts) {
        IdentityHashMap<Adapters, List<Answer>> byAdapters = new IdentityHashMap<>();
        List<Adapters> known = new ArrayList<>();
        for (Answer a : texts) {
            byAdapters
                    .computeIfAbsent(a.group.adapters, own -> {
                        known.add(own);
                        return new ArrayList<>();
                    })
                    .add(a);
        }
        List<Answer> all = new ArrayList<>();
        for (Adapters own : known) all.addAll(byAdapters.get(own));
        return all;
    }

    /// The next token of a text that allows none beside it.
    void writeAlone(Answer a) {
        KvCache own = a.group.own;
        if (own == null) throw new IllegalStateException("a text without a cache");
        try (Kernels rows = k.openStepByRow()) {
            int[] last = {a.text[a.count - 1]};
            Pass pass = Pass.continuing(Tape.noGrad(rows), last, own).with(a.group.adapters);
            Tensor h = model.hidden(pass).value();
            TokenDraw.each(rows, logits(rows, h, List.of(a.group.adapters)), List.of(a));
        }
    }
}
