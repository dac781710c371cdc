package dev.gradine.peft;

import dev.gradine.nn.Adapters;
import dev.gradine.tensor.Kernels;
import java.util.function.Function;

/// The rows that a run is going to train on, as far as adapters read them before its first step.
public interface Calibration {

    /// Stands for the data of a program that has none, and says so when it is asked.
    Calibration NONE = new Calibration() {
        @Override
        public int read(int batch, Kernels k, Function<int[], Adapters> watching) {
            throw missing();
        }

        @Override
        public int differentiate(int batch, Kernels k, Adapters trained) {
            throw missing();
        }

        private static AdapterException missing() {
            return new AdapterException("init-lora-weights: there is no data to begin from, expected a training run");
        }
    };

    /// Computes a micro-batch in evaluation.
    ///
    /// @param batch its number from 0; behind the last one the rows come again
    /// @param k the pass opens a step of it
    /// @param watching adapters of the pass, from the numbers of the rows whose tokens carry loss
    /// @return tokens read
    int read(int batch, Kernels k, Function<int[], Adapters> watching);

    /// Adds the gradient of a micro-batch's mean loss to what `trained` trains.
    ///
    /// @return tokens read
    int differentiate(int batch, Kernels k, Adapters trained);
}
