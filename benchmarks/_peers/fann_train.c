/* FANN's side of the benchmark, in C: a network with given weights, trained so many epochs with all rows at once.
 *
 * Compiled at run time against libfann-dev: gcc -O2 -shared -fPIC fann_train.c -ldoublefann
 * W is (n_in, n_out) in rows, one layer after the other, as everywhere in the benchmark.
 */
#include <doublefann.h>

/* A layer's neurons without its last one, the bias, which has no inputs. */
static int has_inputs(const struct fann_neuron *neuron) { return neuron->last_con > neuron->first_con; }

/* FANN gives every neuron a bias as its last input. The tutorial's network has none: cut that input off, for the same
 * number of weights (FANN is a little faster so). */
static void remove_biases(struct fann *net) {
  for (struct fann_layer *layer = net->first_layer + 1; layer != net->last_layer; layer++)
    for (struct fann_neuron *neuron = layer->first_neuron; neuron != layer->last_neuron; neuron++)
      if (has_inputs(neuron)) neuron->last_con--;
}

static void copy_weights(struct fann *net, double *weights, int into_net) {
  for (struct fann_layer *layer = net->first_layer + 1; layer != net->last_layer; layer++) {
    unsigned n_out = (unsigned)(layer->last_neuron - layer->first_neuron) - 1, n_in = 0;
    for (unsigned j = 0; j < n_out; j++) {
      const struct fann_neuron *neuron = layer->first_neuron + j;
      n_in = neuron->last_con - neuron->first_con;
      for (unsigned i = 0; i < n_in; i++) {
        double *here = net->weights + neuron->first_con + i, *there = weights + i * n_out + j;
        if (into_net) *here = *there;
        else *there = *here;
      }
    }
    weights += n_in * n_out;
  }
}

/* Gradient descent on the half squared error. FANN divides the rate by the number of rows, so it is given that much
 * more; its sigmoid 1 / (1 + exp(-2 s z)) is the usual one at the steepness s = 0.5, which is the default. */
struct fann *peer_create(unsigned layers, const unsigned *sizes, double *weights, unsigned rows) {
  struct fann *net = fann_create_standard_array(layers, sizes);
  fann_set_training_algorithm(net, FANN_TRAIN_BATCH);
  fann_set_train_error_function(net, FANN_ERRORFUNC_LINEAR);
  fann_set_activation_function_hidden(net, FANN_SIGMOID);
  fann_set_activation_function_output(net, FANN_SIGMOID);
  fann_set_learning_rate(net, (float)rows);
  remove_biases(net);
  copy_weights(net, weights, 1);
  return net;
}

struct fann_train_data *peer_data(unsigned rows, unsigned n_in, unsigned n_out, const double *X, const double *y) {
  struct fann_train_data *data = fann_create_train(rows, n_in, n_out);
  for (unsigned row = 0; row < rows; row++) {
    for (unsigned i = 0; i < n_in; i++) data->input[row][i] = X[row * n_in + i];
    for (unsigned k = 0; k < n_out; k++) data->output[row][k] = y[row * n_out + k];
  }
  return data;
}

void peer_train(struct fann *net, struct fann_train_data *data, unsigned epochs) {
  for (unsigned epoch = 0; epoch < epochs; epoch++) fann_train_epoch(net, data);
}

void peer_weights(struct fann *net, double *weights) { copy_weights(net, weights, 0); }

void peer_destroy(struct fann *net) { fann_destroy(net); }
