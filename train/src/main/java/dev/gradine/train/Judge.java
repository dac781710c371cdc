package dev.gradine.train;

import dev.gradine.align.GroupLoss;
import dev.gradine.align.Recipe;
import dev.gradine.align.RewardSettings;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.Question;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.JudgeCache;
import dev.gradine.models.OpenModel;
import dev.gradine.train.reward.Answered;
import dev.gradine.train.reward.JudgeReward;
import dev.gradine.train.reward.RewardFunction;
import dev.gradine.train.reward.RewardModel;
import dev.gradine.train.reward.Rewards;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Says what answers are worth, and what each is better than the rest of its group.
///
/// @param codec reads answers
/// @param rewards the functions; none where rows bring what they are worth
record Judge(GroupLoss recipe, TextCodec codec, Rewards rewards) {

    private static final String MODEL = "model";

    /// The functions that a run asks for; none where it learns from no rewards.
    ///
    /// @param model beside which reward models and judges are opened
    /// @param out folder of the run
    static Rewards rewards(Recipe<?> recipe, OpenModel model, Path out, Consumer<String> tell) {
        if (!(recipe instanceof GroupLoss g)) return Rewards.NONE;
        RewardSettings asked = g.groups().rewards();
        SequencedMap<String, Function<String, RewardFunction>> models = new LinkedHashMap<>();
        models.put(MODEL, at -> RewardModel.open(folder(at), model::beside, tell));
        models.put(
                RewardSettings.JUDGE,
                at -> JudgeReward.open(at, asked.judge(), model, out.resolve(JudgeCache.FOLDER), tell));
        return Rewards.of(asked, models);
    }

    private static Path folder(String argument) {
        if (!argument.isEmpty()) return Path.of(argument);
        throw new IllegalArgumentException("--reward model: no argument, expected the folder of a reward model");
    }

    /// Fails if a row brings answers and should not, or should and does not.
    void requireFit(Group g) {
        boolean given = recipe.groups().rewards().areGiven();
        int count = g.attempts().size();
        if (count == (given ? recipe.group() : 0)) return;
        String name = recipe.about().name();
        throw new IllegalArgumentException(
                given
                        ? "%s: a row has %d completions, expected %d with rewards, or --reward to judge sampled ones"
                                .formatted(name, count, recipe.group())
                        : "%s: a row has completions, expected a prompt alone (because --reward judges sampled ones)"
                                .formatted(name));
    }

    /// The groups with what each answer is worth and better than the rest.
    ///
    /// @param facts are given what is to be logged
    List<Group> compared(List<Group> groups, Map<String, Double> facts) {
        SequencedMap<String, double[]> each = judged(groups);
        List<Attempt> all = attempts(groups).toList();
        double[] sums =
                recipe.groups().rewards().areGiven() ? each.firstEntry().getValue() : rewards.sums(each, all.size());
        double[] compared = IntStream.range(0, sums.length)
                .mapToDouble(i -> recipe.compared(sums[i], all.get(i)))
                .toArray();
        double[] advantages = recipe.advantages(compared);
        facts.putAll(RolloutFacts.ofRewards(sums, recipe.spreads(compared)));
        each.forEach((name, values) -> facts.putAll(RolloutFacts.ofReward(name, values)));
        List<Group> better = new ArrayList<>();
        int at = 0;
        for (Group g : groups) {
            List<Attempt> own = new ArrayList<>();
            for (Attempt a : g.attempts()) own.add(a.worth(sums[at]).better(advantages[at++]));
            better.add(g.with(own));
        }
        recipe.addFacts(attempts(better).toList(), facts);
        return better;
    }

    /// What each reward says of each answer, by name.
    private SequencedMap<String, double[]> judged(List<Group> groups) {
        if (recipe.groups().rewards().areGiven()) {
            SequencedMap<String, double[]> given = new LinkedHashMap<>();
            given.put(
                    GroupLoss.GIVEN,
                    attempts(groups).mapToDouble(Attempt::reward).toArray());
            return given;
        }
        List<Answered> answers = new ArrayList<>();
        for (Group g : groups) for (Attempt a : g.attempts()) answers.add(answered(g.question(), a));
        return rewards.each(answers);
    }

    private Answered answered(Question question, Attempt a) {
        int[] ids = a.answer().ids();
        int end = a.ended() ? ids.length - 1 : ids.length;
        int[] own = Arrays.copyOfRange(ids, a.answer().promptTokens(), end);
        return new Answered(question, codec.tokenizer().decode(own, true), own.length, a.ended());
    }

    private static Stream<Attempt> attempts(List<Group> groups) {
        return groups.stream().flatMap(g -> g.attempts().stream());
    }
}
