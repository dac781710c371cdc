package dev.gradine.peft;

import java.util.List;
import java.util.stream.Stream;

/// What is tried of each method: its usual options, or several that fit `Places`.
final class MethodExamples {

    private MethodExamples() {}

    /// Everywhere in `Places`, but for the convolution where factors begin as parts of a weight.
    static Selection everywhere(Method method) {
        boolean fromWeight =
                method.lowRank().stream().anyMatch(l -> !(l.details().initLoraWeights() instanceof LoraInit.Plain));
        return Selection.of(fromWeight ? "((?!conv).)*" : ".*");
    }

    static Stream<Method> all() {
        return Methods.all().stream().flatMap(MethodExamples::of);
    }

    private static Stream<Method> of(Method usual) {
        return switch (usual) {
            case Lora lora ->
                Stream.of("false", "gaussian", "orthogonal", "pissa", "pissa_niter_4", "olora")
                        .map(name -> begun(lora, name));
            case Dora _ -> Stream.of(Dora.defaults(), new Dora(begun(Lora.defaults(), "pissa")));
            case Miss _ ->
                Stream.of(
                        new Miss(7, 1, Miss.Variant.TRUE, 0.5f),
                        new Miss(6, 1, Miss.Variant.FALSE, 0),
                        new Miss(7, 9, Miss.Variant.MINI, 0),
                        new Miss(6, 1, Miss.Variant.BAT, 0));
            case Hra hra -> Stream.of(hra, new Hra(3, false, InitWeights.TRUE), new Hra(3, true, InitWeights.FALSE));
            case LoKr lokr ->
                Stream.of(
                        lokr,
                        new LoKr(
                                Ranks.of(1, 3),
                                new LoKr.Split(true, 3, false),
                                new LoKr.Drops(0.5f, true, 0.5f),
                                LoKr.Zeros.TRUE),
                        new LoKr(
                                Ranks.of(2, 2),
                                new LoKr.Split(false, 4, true),
                                new LoKr.Drops(0, false, 0),
                                LoKr.Zeros.LYCORIS),
                        new LoKr(
                                Ranks.of(1, 1),
                                new LoKr.Split(true, -1, false),
                                new LoKr.Drops(0, false, 0),
                                LoKr.Zeros.FALSE));
            case Oft oft -> of(oft);
            case Boft boft -> Stream.of(boft, new Boft(0, 1, 2, 0.5f, InitWeights.FALSE));
            case Vera _, FourierFt _, RandLora _, VbLora _ -> ofSharedBases(usual);
            case TrainableTokens _ ->
                Stream.of(new TrainableTokens(List.of(1, 3), true), new TrainableTokens(List.of(2), false));
            case Alora _ ->
                Stream.of(
                        new Alora(Lora.defaults(), List.of(0)),
                        new Alora(Lora.of(3, 3).dropping(0.5f), List.of(3, 3)));
            case PTuning _ ->
                Stream.of(new PTuning(3, PTuning.Kind.MLP, 5, 2, 0), new PTuning(2, PTuning.Kind.LSTM, 4, 2, 0.5f));
            case PrefixTuning _ -> Stream.of(); // it stands in attention, of which `Places` has none
            case LoHa loha -> Stream.of(loha, new LoHa(Ranks.of(3, 60), 0, 0, true));
            default -> Stream.of(usual);
        };
    }

    private static Stream<Method> ofSharedBases(Method usual) {
        return switch (usual) {
            case Vera _ -> Stream.of(usual, new Vera(5, 0, 1, 3, true, InitWeights.FALSE));
            case FourierFt f ->
                Stream.of(
                        new FourierFt(20, f.nFrequencyPattern(), 150, 777, InitWeights.FALSE),
                        new FourierFt(9, f.nFrequencyPattern(), 100, 1, InitWeights.TRUE));
            case RandLora _ ->
                Stream.of(
                        usual,
                        new RandLora(4, 8, 0, new RandomBases(1, true, false, true), InitWeights.FALSE),
                        new RandLora(2, 2, 0, new RandomBases(1, false, true, true), InitWeights.TRUE));
            case VbLora _ -> // all of the vectors are mixed: where the choice changes there is no slope
                Stream.of(new VbLora(2, new VbLora.Bank(5, 1, 5, 1), 0, 1, false));
            default -> Stream.of(usual);
        };
    }

    private static Lora begun(Lora lora, String init) {
        var details = new Lora.Details(false, LoraInit.parse(init));
        return new Lora(4, 6, 0, false, lora.patterns(), details);
    }

    private static Stream<Method> of(Oft oft) {
        return Stream.of(
                oft,
                new Oft(new Oft.Size(4, 0, true), new Oft.Series(true, 2), new Oft.Limit(false, 0), InitWeights.TRUE),
                new Oft(new Oft.Size(0, 7, false), new Oft.Series(true, 3), new Oft.Limit(false, 0), InitWeights.FALSE),
                new Oft(new Oft.Size(0, 4, false), new Oft.Series(false, 5), new Oft.Limit(false, 0), InitWeights.TRUE),
                new Oft(new Oft.Size(3, 0, true), new Oft.Series(false, 5), new Oft.Limit(false, 0), InitWeights.TRUE));
    }
}
