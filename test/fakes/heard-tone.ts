/** What the guest plays, the old way of Linux: a square wave of 8000 samples of 8 bits a second, the next like the last. */
export const TONE_HZ = 500;
export const WAVE = `printf '${'\\000'.repeat(8)}${'\\377'.repeat(8)}' >/tmp/a && for i in 1 2 3 4 5 6 7 8 9 10; do cat /tmp/a /tmp/a >/tmp/b; mv /tmp/b /tmp/a; done`;
export const PLAY = '(while cat /tmp/a; do :; done) >/dev/dsp 2>/dev/null & echo $! >/tmp/player';
export const STOP = 'kill $(cat /tmp/player); killall cat; true';

/** Has what a page plays measured too: the loudest frequency, and how loud. */
export const MEASURE = `
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const analyser = new AnalyserNode(this.context, { fftSize: 4096 });
      connect.call(this, analyser);
      globalThis.loudest = () => {
        const levels = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(levels);
        const at = levels.indexOf(Math.max(...levels));
        return { hz: (at * this.context.sampleRate) / analyser.fftSize, level: levels[at] };
      };
    }
    return connect.call(this, to, ...more);
  };`;
/** Whether a page plays it now. */
export const HEARD = `(() => { const { hz, level } = globalThis.loudest?.() ?? {}; return level > -40 && Math.abs(hz - ${TONE_HZ}) < 20; })()`;
