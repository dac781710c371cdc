package dev.gradine.train.reward;

import dev.gradine.align.TextScores;
import dev.gradine.data.Passage;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Question;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/// The score that a reward model gives to prompt and answer: one that `gradine reward` has trained, or a
/// checkpoint of Hugging Face's `…ForSequenceClassification` with one label, be it a language model or an
/// encoder such as BERT.
///
/// Prompt and answer are brought to it by its own tokenizer and template, as in its training. All answers
/// of a step are scored together, those to one prompt behind one reading of it.
public final class RewardModel implements RewardFunction {

    private final OpenModel open;
    private final TextCodec codec;
    private final TextScores scores;

    private RewardModel(OpenModel open, Adapters adapters, Classifier model) {
        this.open = open;
        codec = open.codec();
        scores = new TextScores(model, adapters, open.run());
    }

    /// The model of a folder.
    ///
    /// @param folder of an adapter with a head for scores, or of a checkpoint with one
    /// @param opener opens a checkpoint
    /// @param tell is told what becomes of the adapter's tensors
    /// @throws IllegalArgumentException if there is no head for scores, or no base for the adapter
    public static RewardModel open(Path folder, Function<Path, OpenModel> opener, Consumer<String> tell) {
        boolean adapts = Files.exists(folder.resolve(AdapterFolder.CONFIG));
        OpenModel open = opener.apply(adapts ? base(folder) : folder);
        try {
            if (!adapts) {
                if (!open.hasHead()) throw headless(folder, "no tensor score.weight");
                return new RewardModel(open, Adapters.NONE, open.classifier(Labels.score()));
            }
            if (AdapterFolder.labels(folder).isEmpty() && !open.hasHead()) {
                throw headless(folder, "no score among modules_to_save");
            }
            Classifier model = open.classifier(Labels.score());
            AdapterSet set = AdapterFolder.load(folder, model, open.run(), tell);
            return new RewardModel(open, set.settled(open.run()), model);
        } catch (RuntimeException e) {
            open.close();
            throw e;
        }
    }

    private static IllegalArgumentException headless(Path folder, String what) {
        return new IllegalArgumentException(
                "reward model %s: %s, expected a head for scores, as `gradine reward` trains one"
                        .formatted(folder, what));
    }

    private static Path base(Path folder) {
        String base = AdapterFolder.baseModel(folder);
        if (!base.isEmpty() && Files.exists(Path.of(base))) return Path.of(base);
        throw new IllegalArgumentException(
                "reward model %s: its base_model_name_or_path is \"%s\", expected a model on this machine"
                        .formatted(folder, base));
    }

    /// Its scores of texts.
    public TextScores scores() {
        return scores;
    }

    /// Its tokenizer and template.
    public TextCodec codec() {
        return codec;
    }

    @Override
    public double of(Answered answer) {
        return all(List.of(answer))[0];
    }

    @Override
    public double[] all(List<Answered> answers) {
        List<List<LabelledTokens>> groups = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            Answered a = answers.get(i);
            boolean goesOn = i > 0 && answers.get(i - 1).question() == a.question();
            if (!goesOn) groups.add(new ArrayList<>());
            groups.getLast().add(text(a.question(), a.text()));
        }
        return scores.of(groups).stream().flatMapToDouble(DoubleStream::of).toArray();
    }

    private LabelledTokens text(Question question, String answer) {
        Passage said = question.isChat()
                ? new Passage.Turns(List.of(new Message("assistant", answer)))
                : new Passage.Text(answer);
        LabelledTokens text = RewardEncoder.text(codec, question.asked(), said, question.variables());
        int most = open.text().maxPositions();
        if (text.tokens() <= most) return text;
        throw new IllegalArgumentException("reward model %s: prompt and answer have %d tokens, expected at most %d"
                .formatted(open.source(), text.tokens(), most));
    }

    @Override
    public void close() {
        open.close();
    }
}
