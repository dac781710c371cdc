package dev.gradine.eval;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.TokenSpans;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.eval.model.GenerationRule;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.model.TokenModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// The model of `golden/lmeval`, which is a formula over code points: its tokens are the characters.
///
/// ```
/// log p(c | a) = −((31 a + 17 c) mod 97 + 1) / 40        greedy: c mod 3 ≠ 0
/// ```
public final class FormulaModel implements TokenModel {

    /// Its tokenizer, which adds nothing.
    public static TextCodec codec(ChatTemplate template) {
        return new TextCodec(new CodePoints(), template);
    }

    private record CodePoints() implements Tokenizer {
        @Override
        public TokenSpans spans(String text, boolean addSpecialTokens) {
            throw new IllegalStateException("spans are not asked for");
        }

        @Override
        public int[] encode(String text, boolean addSpecialTokens) {
            return text.codePoints().toArray();
        }

        @Override
        public String decode(int[] ids, boolean skipSpecial) {
            return new String(ids, 0, ids.length);
        }

        @Override
        public int vocabSize() {
            return Character.MAX_CODE_POINT + 1;
        }

        @Override
        public String token(int id) {
            return Character.toString(id);
        }

        @Override
        public boolean hasToken(String token) {
            return token.codePointCount(0, token.length()) == 1;
        }

        @Override
        public int id(String token) {
            return token.codePointAt(0);
        }

        @Override
        public boolean isSpecial(int id) {
            return id == 0;
        }

        @Override
        public SpecialTokens special() {
            return new SpecialTokens(SpecialTokens.NONE, 0, SpecialTokens.NONE);
        }
    }

    @Override
    public int maxTokens() {
        return 8000;
    }

    @Override
    public List<List<Likelihood>> score(List<List<LabelledTokens>> groups, IntConsumer done) {
        List<List<Likelihood>> all = new ArrayList<>();
        for (List<LabelledTokens> g : groups) {
            all.add(g.stream().map(FormulaModel::likelihood).toList());
            done.accept(all.size());
        }
        return all;
    }

    private static Likelihood likelihood(LabelledTokens l) {
        int[] ids = l.ids();
        double sum = 0;
        boolean greedy = true;
        for (int t = 1; t < ids.length; t++) {
            if (l.label(t) == LabelledTokens.IGNORED) continue;
            sum -= ((31L * ids[t - 1] + 17L * ids[t]) % 97 + 1) / 40.0;
            greedy &= ids[t] % 3 != 0;
        }
        return new Likelihood(sum, greedy, l.predicted());
    }

    @Override
    public List<int[]> write(List<int[]> prompts, GenerationRule rule, OnToken onToken) {
        List<int[]> all = new ArrayList<>();
        for (int p = 0; p < prompts.size(); p++) {
            int number = p;
            int[] text = text(prompts.get(p)).codePoints().toArray();
            int n = 0;
            while (n < Math.min(text.length, rule.maxTokens()) && onToken.goesOn(number, text[n])) n++;
            all.add(IntStream.of(text).limit(n + 1L).toArray());
        }
        return all;
    }

    private static String text(int[] t) {
        long h = IntStream.of(t).asLongStream().sum() % 7;
        if (h >= 4) return " maybe 1,2" + h + ". or 7.5.";
        return " It costs $" + h + ",000 so #### " + t[t.length - 50] % 30 + "\n";
    }
}
