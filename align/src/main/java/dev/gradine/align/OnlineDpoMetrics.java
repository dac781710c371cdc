package dev.gradine.align;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.List;
import java.util.Map;

/// What online DPO logs, in TRL's names.
///
/// ```
/// kl = p − r        entropy = −p        non-score reward = −β · (p − r)        rlhf reward = R′ + that
/// ```
///
/// of each answer, p and r its summed log-probabilities under policy and reference.
///
/// @param recipe whose numbers they are
record OnlineDpoMetrics(OnlineDpo recipe) {

    /// Of all answers, ties included.
    static List<Metric> ofAnswers() {
        return List.of(
                Metric.rising("objective/scores", "", "Reward less penalties"),
                Metric.neutral("objective/scores_margin", "", "Difference of the two answers' rewards"),
                Metric.neutral("val/contain_eos_token", Metric.SHARE, "Answers that ended"),
                Metric.neutral("ties", Metric.SHARE, "Pairs without a better answer"));
    }

    /// Of the pairs that are learnt from.
    static List<Metric> ofPairs() {
        return List.of(
                Metric.neutral("objective/kl", "nats per answer", "Divergence from the reference"),
                Metric.neutral("objective/entropy", "nats per answer", "Surprise of the answers"),
                Metric.neutral("objective/non_score_reward", "", "Reward for staying near the reference"),
                Metric.rising("objective/rlhf_reward", "", "Reward with that for staying near"),
                Metric.neutral("rewards/chosen", "", "Reward of chosen answers").in("Implied rewards"),
                Metric.neutral("rewards/rejected", "", "Reward of rejected answers")
                        .in("Implied rewards"),
                Metric.rising("rewards/margins", "", "Reward margin").in("Implied rewards"),
                Metric.rising("rewards/accuracies", Metric.SHARE, "Preference accuracy"),
                Metric.neutral("logps/chosen", "nats per answer", "Log-probability of chosen answers")
                        .in("Log-probability of the answer"),
                Metric.neutral("logps/rejected", "nats per answer", "Log-probability of rejected answers")
                        .in("Log-probability of the answer"));
    }

    /// Adds the numbers of `ofAnswers`.
    void addFacts(List<Attempt> attempts, Map<String, Double> facts) {
        double scores = 0;
        double margins = 0;
        int ended = 0;
        int ties = 0;
        for (Attempt a : attempts) {
            double score = score(a);
            scores += score;
            margins += a.advantage() == 0 ? 0 : a.advantage() * score; // a reward may be NaN
            if (a.ended()) ended++;
            if (a.advantage() == 0) ties++;
        }
        int answers = attempts.size();
        facts.put("objective/scores", scores / answers);
        facts.put("objective/scores_margin", 2 * margins / answers);
        facts.put("val/contain_eos_token", (double) ended / answers);
        facts.put("ties", (double) ties / answers);
    }

    /// Adds the numbers of `ofPairs`.
    void measure(Scored<Group> batch, MeanMetrics m) {
        for (int i = 0; i < batch.examples().size(); i++) {
            if (OnlineDpo.isDecided(batch.examples().get(i))) pair(batch, i, m);
        }
    }

    private void pair(Scored<Group> batch, int i, MeanMetrics m) {
        double chosen = implied(batch.branch(0), i, "chosen", m);
        double rejected = implied(batch.branch(1), i, "rejected", m);
        for (Attempt a : batch.examples().get(i).attempts()) m.add("objective/rlhf_reward", score(a), 0);
        m.add("objective/rlhf_reward", -chosen - rejected, 2);
        m.add("rewards/margins", chosen - rejected, 1);
        m.add("rewards/accuracies", chosen > rejected ? 1 : 0, 1);
    }

    /// The reward β · (p − r) of an answer, which is logged with what else is known of it.
    private double implied(Answers answers, int i, String name, MeanMetrics m) {
        double implied = recipe.beta() * answers.logRatio(i);
        m.add("rewards/" + name, implied, 1);
        m.add("logps/" + name, answers.sum(i), 1);
        m.add("objective/kl", answers.logRatio(i), 1);
        m.add("objective/entropy", -answers.sum(i), 1);
        m.add("objective/non_score_reward", -implied, 1);
        return implied;
    }

    private double score(Attempt a) {
        return recipe.compared(a.reward(), a);
    }
}
